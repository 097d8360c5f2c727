import type { NamedFont, PlanWarning } from '../media/index.ts';
import type { FontLibrary } from './font-library.ts';

/**
 * A warning for each family that is not on this machine, in the words that overlays have for it. A name is a pattern of
 * fontconfig, perhaps with a size and a style: `DejaVu Sans-12:bold`. FFmpeg takes another font where it finds none.
 */
export function missingFonts(fonts: readonly NamedFont[], library: FontLibrary): PlanWarning[] {
  return fonts.flatMap(({ field, name }) => {
    const family = name
      .split(':', 1)[0]!
      .replace(/-[\d.]+$/, '')
      .trim();
    if (library.find(family)) return [];
    return [{ field, message: `There is no font "${family}" on this machine; FFmpeg took another one.` }];
  });
}

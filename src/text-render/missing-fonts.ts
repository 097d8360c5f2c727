import type { NamedFont, PlanWarning } from '../ffmpeg/index.ts';
import type { FontLibrary } from './font-library.ts';

/**
 * Returns a warning for each family that is not on this machine, in the same words as the warnings for overlays. A name is a fontconfig
 * pattern, with an optional size and style: `DejaVu Sans-12:bold`. FFmpeg uses another font if no font has that name.
 */
export function missingFonts(fonts: readonly NamedFont[], library: FontLibrary): PlanWarning[] {
  return fonts.flatMap(({ field, name }) => {
    const family = name
      .split(':', 1)[0]!
      .replace(/-[\d.]+$/, '')
      .trim();
    if (library.find(family)) return [];
    return [{ field, message: `There is no font "${family}" on this machine; FFmpeg used another one.` }];
  });
}

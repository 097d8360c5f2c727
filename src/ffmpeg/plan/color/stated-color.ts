import type { OptionSet } from '../../policy/options/option-set.ts';
import type { Color } from './source-color.ts';

/** Other names of transfer functions that requests may use. */
const TRANSFERS: Readonly<Record<string, string>> = { gamma22: 'bt470m', gamma28: 'bt470bg' };

/** Returns the colors that the caller's options set for the output. FFmpeg itself would write the tags without converting the samples. */
export function statedColor(options: OptionSet): Partial<Color> {
  const matrix = options.value('colorspace', 'v');
  const range = options.value('color_range', 'v');
  const primaries = options.value('color_primaries', 'v');
  const transfer = options.value('color_trc', 'v');
  return {
    ...(matrix !== null && matrix !== 'rgb' && { matrix }),
    ...((range === 'tv' || range === 'pc') && { range }),
    ...(primaries !== null && { primaries }),
    ...(transfer !== null && { transfer: TRANSFERS[transfer] ?? transfer }),
  };
}

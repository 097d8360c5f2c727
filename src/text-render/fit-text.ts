import type { FontLibrary } from './font-library.ts';
import { layoutText, type TextBlock, type TextStyle } from './layout.ts';

/** Font sizes that are tried, as shares of the requested size, from the smallest. Each size is a twelfth smaller than the next size. */
const SHARES = Array.from({ length: 28 }, (_, step) => (11 / 12) ** (27 - step));
/** Minimum pixels per em. Smaller letters are not legible. */
const MIN_FONT_SIZE = 12;
/** Minimum share of the requested size to which the font shrinks so that no word is broken. */
const WORD_SHARE = 0.6;
/** Number of steps in the search for the width at which lines are balanced. The result is within 1/64 of the shortest width. */
const HALVINGS = 6;

export interface FittedText {
  block: TextBlock;
  /** Font size in pixels per em. */
  fontSize: number;
}

/**
 * Lays out text in the largest font up to `style.fontSize` with which the text is at most `height` pixels high, preferably without a broken
 * word. If no font fits, uses the smallest font. Then shortens the lines as far as no additional line is needed, so that no line contains
 * only one short word. Line spacing shrinks with the font. Returns null on a machine without fonts. Lays the text out at most 13 times.
 */
export function fitText(
  text: string,
  style: TextStyle & { maxWidth: number },
  height: number,
  fonts: FontLibrary,
): FittedText | null {
  const layOut = (share: number, maxWidth = style.maxWidth): TextBlock | null => {
    const [fontSize, lineSpacing] = [style.fontSize * share, style.lineSpacing * share];
    return layoutText(text, { ...style, fontSize, lineSpacing, maxWidth }, fonts);
  };
  const fits = (block: TextBlock | null, share: number): boolean =>
    block === null || (block.height <= height && !block.isCut && (share < WORD_SHARE || !block.breaksWord));
  const shares = SHARES.filter((share) => share * style.fontSize >= MIN_FONT_SIZE || share === 1);
  let [low, high] = [0, shares.length - 1];
  let best: { share: number; block: TextBlock | null } | null = null;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const share = shares[middle]!;
    const block = layOut(share);
    if (fits(block, share)) {
      best = { share, block };
      low = middle + 1;
    } else high = middle - 1;
  }
  const { share, block } = best ?? { share: shares[0]!, block: layOut(shares[0]!) };
  if (!block) return null;
  const fontSize = style.fontSize * share;
  if (block.lines < 2 || block.breaksWord || block.height > height) return { block, fontSize };
  return { block: balance(block, style.maxWidth, (width) => layOut(share, width)), fontSize };
}

function balance(block: TextBlock, maxWidth: number, layOut: (width: number) => TextBlock | null): TextBlock {
  let best = block;
  let [low, high] = [maxWidth / 2, maxWidth];
  for (let step = 0; step < HALVINGS; step++) {
    const width = (low + high) / 2;
    const next = layOut(width);
    if (next && next.lines <= block.lines && !next.breaksWord) {
      best = next;
      high = width;
    } else low = width;
  }
  return best;
}

import { boundaries, scriptOf } from './unicode.ts';

const SPACE = /^[\p{White_Space}\u200b]/u;
const NO_BREAK = /^[\u00a0\u202f\u2007\u2060\ufeff]/;
/** Scripts without spaces, whose lines break between the words of Intl.Segmenter. */
const UNSPACED = new Set(['Hani', 'Hira', 'Kana', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt']);
const UNSPACED_TEXT =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Extended_Pictographic}]/u;
/** Matches characters that must not begin a line: closing punctuation, small kana, prolonged sound mark, iteration marks. */
const NO_START =
  /^[\p{Pe}\p{Pf}!%,.:;?~、。，．・：；？！…‥‰℃％ー～゛゜ゝゞヽヾ々〻ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰ-ㇿฯๆ]/u;
/** Matches characters that must not end a line. */
const NO_END = /^[\p{Ps}\p{Pi}$£¥￥＄]/u;
const HYPHEN = /^[-\u2010\u2013\u2014\u00ad]/;

/**
 * Finds where a line may break: `result[i]` = whether a line may break before grapheme i. Lines break after spaces and hyphens, between
 * words of scripts without spaces, and around emoji, but never before closing or after opening punctuation.
 */
export function breakOpportunities(text: string, graphemes: readonly number[]): boolean[] {
  const words = UNSPACED_TEXT.test(text) ? new Set(boundaries(text, 'word')) : null;
  const result: boolean[] = [false];
  for (let at = 1; at + 1 < graphemes.length; at++) {
    const start = graphemes[at]!;
    const before = text.slice(graphemes[at - 1], start);
    const after = text.slice(start, graphemes[at + 1]);
    result.push(mayBreak(before, after, words?.has(start) ?? false, text, graphemes[at - 1]!));
  }
  return result;
}

function mayBreak(before: string, after: string, isWord: boolean, text: string, beforeAt: number): boolean {
  if (NO_BREAK.test(before) || NO_BREAK.test(after) || SPACE.test(after)) return false;
  if (SPACE.test(before)) return true;
  if (HYPHEN.test(before))
    return /^[\p{L}]/u.test(after) && /[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, beforeAt - 2), beforeAt));
  return isWord && !NO_START.test(after) && !NO_END.test(before) && (isUnspaced(before) || isUnspaced(after));
}

function isUnspaced(grapheme: string): boolean {
  const codePoint = grapheme.codePointAt(0)!;
  if (codePoint < 0x80) return false;
  return (
    UNSPACED.has(scriptOf(codePoint)) ||
    /^[\p{Extended_Pictographic}\p{Regional_Indicator}\u3000-\u303f\uff01-\uff60]/u.test(grapheme)
  );
}

export interface WrapLimits {
  /** Maximum number of graphemes per line; null = no limit. */
  characters: number | null;
  /** Maximum width in pixels; null = no limit. */
  width: number | null;
}

/**
 * Breaks lines greedily by the advances of the graphemes. Returns the first grapheme of each line and the grapheme after its last grapheme,
 * without trailing white space. Breaks a word that is longer than a line between graphemes.
 */
export function wrap(
  text: string,
  graphemes: readonly number[],
  advances: readonly number[],
  limits: WrapLimits,
  breaks: readonly boolean[] = breakOpportunities(text, graphemes),
): [first: number, end: number][] {
  const count = graphemes.length - 1;
  const isSpace = (at: number): boolean => SPACE.test(text.slice(graphemes[at], graphemes[at + 1]));
  const fits = (first: number, end: number, width: number): boolean =>
    (limits.characters === null || end - first <= limits.characters) &&
    (limits.width === null || width <= limits.width + 0.01);
  const lines: [number, number][] = [];
  let first = 0;
  let candidate = 0;
  let width = 0;
  let at = 0;
  while (at < count) {
    if (at > first && breaks[at]) candidate = at;
    width += advances[at]!;
    // White space may extend beyond the end of a line.
    if (at > first && !isSpace(at) && !fits(first, at + 1, width)) {
      const end = candidate > first ? candidate : at;
      lines.push([first, end]);
      first = end;
      candidate = end;
      at = end;
      width = 0;
    } else at++;
  }
  lines.push([first, count]);
  return lines.map(([start, end]) => {
    let last = end;
    while (last > start && isSpace(last - 1)) last--;
    return [start, last];
  });
}

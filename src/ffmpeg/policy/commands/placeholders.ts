import type { CommandToken } from './tokens.ts';

/** Matches a placeholder such as `{{in_1}}`, which contains a name of `input_files` or `output_files`. */
const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_-]{1,64})\s*\}\}/g;

/** Returns the placeholder's name if the entire word is one placeholder. */
export function placeholderName(text: string): string | null {
  return /^\{\{\s*([A-Za-z0-9_-]{1,64})\s*\}\}$/.exec(text)?.[1] ?? null;
}

/**
 * Replaces the placeholders of a word. If `replacement` returns null, the placeholder stays. `positions` = offset in the command, in
 * characters, of each character of the new text and of its end. For a replaced placeholder, this is the offset of its first brace.
 */
export function replacePlaceholders(
  word: CommandToken,
  replacement: (name: string, offset: number) => string | null,
): { text: string; positions: number[] } {
  const positions: number[] = [];
  let text = '';
  let from = 0;
  const keep = (to: number) => {
    text += word.text.slice(from, to);
    for (let index = from; index < to; index++) positions.push(word.positions[index]!);
    from = to;
  };
  for (const match of word.text.matchAll(PLACEHOLDER)) {
    keep(match.index);
    const offset = word.positions[match.index]!;
    const put = replacement(match[1]!, offset);
    if (put === null) continue;
    text += put;
    for (let count = put.length; count > 0; count--) positions.push(offset);
    from += match[0].length;
  }
  keep(word.text.length);
  positions.push((word.positions.at(-1) ?? word.offset - 1) + 1);
  return { text, positions };
}

/** Writes a URL for an option of a filter. Characters that would end the option, quoted or not, are percent-encoded. */
export function urlForFilter(url: string): string {
  const head = /^[A-Za-z]+:\/\/[^/?#]*/.exec(url)?.[0] ?? '';
  const encode = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return head + url.slice(head.length).replace(/[:,;[\]'\\]/g, encode);
}

/** A piece of text with the offset of each character in the caller's text. */
export interface Located {
  text: string;
  /** Offset of each character of `text` (UTF-16). */
  offsets: readonly number[];
  /** Offset of the text's end in the caller's text. */
  end: number;
}

export interface Token {
  value: Located;
  /** Index of the character that stopped the token, or of the end of the text. */
  next: number;
  /** Index of an unclosed quote, which Airlock rejects. FFmpeg would read it until the end of the text. */
  openQuote: number | null;
}

const WHITE = /[ \n\t\r]/;

export function isWhite(character: string | undefined): boolean {
  return character !== undefined && WHITE.test(character);
}

export function locate(text: string): Located {
  return { text, offsets: Array.from({ length: text.length }, (_, index) => index), end: text.length };
}

export function offsetAt(source: Located, index: number): number {
  return source.offsets[index] ?? source.end;
}

export function skipWhite(source: Located, at: number): number {
  let next = at;
  while (isWhite(source.text[next])) next++;
  return next;
}

/**
 * Reads up to an unquoted character for which `stops` is true, as FFmpeg's `av_get_token` does. `\` keeps the next character unchanged,
 * `'…'` keeps all characters unchanged, and white space at both ends is dropped unless it is escaped or quoted.
 */
export function readToken(source: Located, from: number, stops: (character: string, index: number) => boolean): Token {
  const { text } = source;
  const characters: string[] = [];
  const offsets: number[] = [];
  let kept = 0;
  let openQuote: number | null = null;
  let at = skipWhite(source, from);
  const take = (index: number) => {
    characters.push(text[index]!);
    offsets.push(source.offsets[index]!);
  };
  while (at < text.length && !stops(text[at]!, at)) {
    if (text[at] === '\\' && at + 1 < text.length) {
      take(at + 1);
      at += 2;
      kept = characters.length;
    } else if (text[at] === "'") {
      const close = text.indexOf("'", at + 1);
      if (close === -1) openQuote = at;
      const end = close === -1 ? text.length : close;
      for (let index = at + 1; index < end; index++) take(index);
      at = end + 1;
      kept = characters.length;
    } else {
      take(at);
      at++;
    }
  }
  let length = characters.length;
  while (length > kept && isWhite(characters[length - 1])) length--;
  const next = Math.min(at, text.length);
  return {
    value: {
      text: characters.slice(0, length).join(''),
      offsets: offsets.slice(0, length),
      end: offsetAt(source, next),
    },
    next,
    openQuote,
  };
}

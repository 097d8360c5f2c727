import { printable, type Rejections } from './rejections.ts';
import { type Located, offsetAt, readToken, skipWhite, type Token } from './tokens.ts';
import type { RawArgument } from './types.ts';

const MOST_ARGUMENTS = 200;
const KEY = /[A-Za-z0-9_./-]*/y;
/** Matches the start of a URL, with or without a backslash before the colon, because FFmpeg's first level may already have removed it. */
const URL_START = /(?:https?|gs)\\?:\/\//iy;
const INPUT_REFERENCE = /input\\?:(?=\d)/iy;
/** Matches the text after the colon that ends a URL: another option, another unnamed value, or nothing. */
const NEXT_VALUE = /\s*[A-Za-z_][\w-]*\s*=|\w*(?=:|$)/y;

/**
 * Splits the text after `filter=` (first level already removed) into `key=value` pairs as FFmpeg's second level does. There is one
 * difference: the colon of `https://…` and `input:1` needs no escaping, because callers usually do not escape it.
 */
export function splitArguments(source: Located, filter: string, rejections: Rejections): RawArgument[] {
  const found: RawArgument[] = [];
  let isNamed = false;
  let at = 0;
  while (at < source.text.length) {
    if (found.length >= MOST_ARGUMENTS) {
      rejections.add(offsetAt(source, at), filter, `has more than ${MOST_ARGUMENTS} values`, 'Give each option once.');
      return found;
    }
    const start = at;
    const key = keyAt(source, at);
    const token = readValue(source, key ? key.next : at);
    if (token.openQuote !== null) {
      rejections.add(offsetAt(source, token.openQuote), filter, "has an unclosed quote (')", QUOTE_ADVICE);
    }
    if (key) isNamed = true;
    else if (isNamed) {
      rejections.add(
        offsetAt(source, skipWhite(source, start)),
        filter,
        `has the unnamed value "${printable(token.value.text)}" after a named one`,
        'Write it as name=value; a colon within a value is written \\: inside quotes.',
      );
    }
    found.push({
      key: key?.name ?? null,
      value: token.value.text,
      offset: offsetAt(source, skipWhite(source, start)),
      valueOffsets: token.value.offsets,
      end: token.value.end,
    });
    at = token.next + 1;
  }
  return found;
}

const QUOTE_ADVICE = "Close it; an apostrophe within quoted text is written '\\\\\\''.";

function keyAt(source: Located, at: number): { name: string; next: number } | null {
  const start = skipWhite(source, at);
  KEY.lastIndex = start;
  const name = KEY.exec(source.text)![0];
  const sign = skipWhite(source, start + name.length);
  return source.text[sign] === '=' ? { name, next: sign + 1 } : null;
}

function readValue(source: Located, from: number): Token {
  const start = skipWhite(source, from);
  const input = lengthAt(INPUT_REFERENCE, source.text, start);
  const url = lengthAt(URL_START, source.text, start);
  const authority = start + url;
  const isPath = (index: number) => url > 0 && (index < authority || !endsUrl(source.text, authority, index));
  return readToken(source, from, (character, index) => character === ':' && index >= start + input && !isPath(index));
}

/** Whether a colon ends a URL. The colon of a port precedes the first slash. A later colon ends the URL if an option or a value follows. */
function endsUrl(text: string, authority: number, colon: number): boolean {
  const isPort =
    /^\d{1,5}(?:\/|$)/.test(text.slice(colon + 1, colon + 7)) && !text.slice(authority, colon).includes('/');
  NEXT_VALUE.lastIndex = colon + 1;
  return !isPort && NEXT_VALUE.test(text);
}

function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/**
 * Pattern for the start of a URL, such as `https://`, also with the escapes of filters: `https\://`, `https\\\://`. The limit on
 * backslashes bounds the search.
 */
const URL_START = /[a-z][a-z0-9+.-]{0,20}\\{0,15}:\\{0,15}\/\\{0,15}\//gi;

/**
 * Pattern for the characters that end an unquoted value of a filter (ffmpeg-utils "Quoting and escaping", and the separators of graphs).
 */
const ENDS = /[:,;[\]\s]/;

/**
 * Copies plain data without the queries and fragments of URLs, which may contain tokens and signatures. Text that only resembles a URL also
 * loses its query and fragment, because a leaked secret would be worse.
 */
export function hideQueries<T>(value: T): T {
  if (typeof value === 'string') return hideInText(value) as T;
  if (Array.isArray(value)) return value.map(hideQueries) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideQueries(inner)])) as T;
}

function hideInText(text: string): string {
  let shown = '';
  let from = 0;
  let quotes = { at: 0, open: false };
  URL_START.lastIndex = 0;
  for (let match = URL_START.exec(text); match; match = URL_START.exec(text)) {
    const query = nextOf(text, URL_START.lastIndex, /[\s?#]/g);
    if (text[query] === '?' || text[query] === '#') {
      quotes = { at: match.index, open: isQuoted(text, quotes, match.index) };
      shown += text.slice(from, query);
      from = endOfValue(text, quotes.open, query);
      quotes = { at: from, open: isQuoted(text, quotes, from) };
    }
    URL_START.lastIndex = Math.max(from, query);
  }
  return shown + text.slice(from);
}

/**
 * Returns the end of the value that contains the URL. Quotes and backslashes are interpreted as in a filter. In other texts they are rare,
 * and this interpretation hides more rather than less.
 */
function endOfValue(text: string, open: boolean, query: number): number {
  let quoted = open;
  for (let at = query; at < text.length; at++) {
    const character = text[at]!;
    if (quoted) {
      // Text may continue after the quote (`'…'\''…'`). Only a separator ends the value.
      const ends = character === "'" && (at + 1 === text.length || ENDS.test(text[at + 1]!));
      // Keep the quote that closes a quotation opened before the query.
      if (ends) return open ? at : at + 1;
      if (character === "'") quoted = false;
    } else if (character === '\\') at++;
    else if (character === "'") quoted = true;
    else if (ENDS.test(character)) return at;
  }
  return text.length;
}

/** Whether a quotation is open at `end`. `known` is the state at an earlier position. */
function isQuoted(text: string, known: { at: number; open: boolean }, end: number): boolean {
  let quoted = known.open;
  for (let at = known.at; at < end; at++) {
    if (text[at] === "'") quoted = !quoted;
    else if (text[at] === '\\' && !quoted) at++;
  }
  return quoted;
}

function nextOf(text: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

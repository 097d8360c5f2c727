import { cleanText, codePoints } from './overlay-text.ts';
import { isObject, OverlayError, type OverlayRejection } from './style-values.ts';
import { unknownKeys } from './text-overlay.ts';
import type { QuoteCard } from './types.ts';

/** Maximum Unicode code points of the quote, and of the name and the handle. */
const MAX_QUOTE = 1000;
const MAX_NAME = 100;
const MAX_URL = 2048;

export type QuoteCardResult = { ok: true; card: QuoteCard; warnings: string[] } | OverlayRejection;

/**
 * Reads the argument of `@quote-card`: `{quote, name?, handle?, photo_url?}`. Only the scheme of the photo's URL is checked here. The photo
 * is fetched like any other input.
 */
export function parseQuoteCard(argument: unknown): QuoteCardResult {
  try {
    const example = 'Send {"quote": "…", "name": "…", "handle": "@…", "photo_url": "https://…"}.';
    if (!isObject(argument)) throw new OverlayError('', '@quote-card needs an object with a quote.', example);
    const quote = readLine('quote', argument.quote, MAX_QUOTE, true);
    if (quote === null) throw new OverlayError('quote', 'quote is missing or empty.', example);
    const card: QuoteCard = {
      quote,
      name: readLine('name', argument.name, MAX_NAME, false),
      handle: readLine('handle', argument.handle, MAX_NAME, false),
      photoUrl: readPhoto(argument.photo_url),
    };
    return { ok: true, card, warnings: unknownKeys(argument, ['quote', 'name', 'handle', 'photo_url'], '') };
  } catch (error) {
    if (error instanceof OverlayError) return error.rejection;
    throw error;
  }
}

function readLine(key: string, value: unknown, max: number, breaks: boolean): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new OverlayError(key, `${key} must be a string.`, `Send ${key} as a string.`);
  if (value.length > 2 * max || codePoints(value) > max)
    throw new OverlayError(key, `${key} is longer than ${max} characters.`, 'Shorten it.');
  const text = cleanText(value).trim();
  return (breaks ? text : text.replace(/\s*\n\s*/g, ' ')) || null;
}

function readPhoto(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= MAX_URL && /^(?:https?|gs):\/\/[^\s\u0000-\u001f]+$/i.test(value))
    return value;
  throw new OverlayError(
    'photo_url',
    'photo_url is not a URL that can be fetched.',
    `Use an https://, http:// or gs:// URL of at most ${MAX_URL} characters.`,
  );
}

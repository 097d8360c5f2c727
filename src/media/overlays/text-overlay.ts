import { nearestName } from '../near-name.ts';
import { cleanText, codePoints } from './overlay-text.ts';
import { type Position, placeAt, readPlace, readPosition } from './position.ts';
import { isObject, OverlayError, type OverlayRefusal, readNumber, readStyleColor } from './style-values.ts';
import type { TextOverlay } from './types.ts';

/** Unicode code points (contract A4). */
const MAX_TEXT = 10_000;
const MAX_FONT_NAME = 100;
const MAX_LENGTH = 16_384;
const DEFAULT_MARGIN = 40;
const BLACK = { rgb: '#000000', alpha: 1 };
const WHITE = { rgb: '#ffffff', alpha: 1 };

const STYLE_KEYS = [
  'charsPerLine',
  'font',
  'fontSize',
  'lineSpacing',
  'fontColor',
  'x',
  'y',
  'boxBorderW',
  'position',
  'margin',
  'outlineThickness',
  'outlineColor',
  'textWidth',
  'align',
] as const;

export type TextOverlayResult = { ok: true; overlay: TextOverlay; warnings: string[] } | OverlayRefusal;

/**
 * Reads the argument of `@text-overlay` (contract A4): `{text, style?}`, or a string that is the text alone. Numbers may
 * be numeric strings. Unknown keys are warnings that name the nearest known one, and so are unknown words for
 * `position` and `align`; any other wrong value is a refusal. `x` and `y` win over `position`. Any text is safe: it never becomes part of a command.
 */
export function parseTextOverlay(argument: unknown): TextOverlayResult {
  try {
    return readOverlay(argument);
  } catch (error) {
    if (error instanceof OverlayError) return error.refusal;
    throw error;
  }
}

function readOverlay(argument: unknown): TextOverlayResult {
  const example = 'Give {"text": "…", "style": {"fontSize": 48, "position": "bottom"}}.';
  const given = typeof argument === 'string' ? { text: argument } : argument;
  if (!isObject(given)) throw new OverlayError('', '@text-overlay needs an object with a text.', example);
  const text = readText(given.text, example);
  if (given.style !== undefined && given.style !== null && !isObject(given.style))
    throw new OverlayError('style', 'style must be an object.', example);
  const style = (given.style ?? {}) as Record<string, unknown>;
  const warnings = [...unknownKeys(given, ['text', 'style'], ''), ...unknownKeys(style, STYLE_KEYS, 'style.')];
  const at = (key: (typeof STYLE_KEYS)[number]) => [`style.${key}`, style[key]] as const;
  const fontSize = readNumber(...at('fontSize'), { min: 12, max: 200 }, 48);
  const boxBorder = readNumber(...at('boxBorderW'), { min: 0, max: 100, whole: true }, 20);
  const margin = readNumber(...at('margin'), { min: 0, max: MAX_LENGTH }, DEFAULT_MARGIN);
  const position = readWord(at('position'), 'center', warnings, readPosition);
  const place = placeAt(position, margin, boxBorder);
  const thickness = readNumber(...at('outlineThickness'), { min: 0, max: 50 }, style.outlineColor ? 2 : 0);
  const outline = { thickness, color: readStyleColor(...at('outlineColor'), BLACK) };
  const overlay: TextOverlay = {
    text,
    charsPerLine: readNumber(...at('charsPerLine'), { min: 5, max: 100, whole: true }, null),
    textWidth: readNumber(...at('textWidth'), { min: 1, max: MAX_LENGTH }, null),
    font: readFont(...at('font')),
    fontSize,
    lineSpacing: readNumber(...at('lineSpacing'), { min: 0, max: 100 }, 10),
    fontColor: readStyleColor(...at('fontColor'), WHITE),
    boxBorder,
    outline: thickness > 0 ? outline : null,
    align: readWord(at('align'), alignAt(position), warnings, readAlign),
    x: readPlace(...at('x'), fontSize) ?? place.x,
    y: readPlace(...at('y'), fontSize) ?? place.y,
  };
  return { ok: true, overlay, warnings };
}

/** One of several words. Another word is ignored with a warning, as unknown keys are; `otherwise` is taken. */
function readWord<T extends string>(
  [key, value]: readonly [key: string, value: unknown],
  otherwise: T,
  warnings: string[],
  read: (key: string, value: unknown) => T | null,
): T {
  try {
    return read(key, value) ?? otherwise;
  } catch (error) {
    if (!(error instanceof OverlayError) || typeof value !== 'string') throw error;
    const { reason, suggestion } = error.refusal;
    warnings.push(`${key} was ignored, and ${otherwise} taken: ${reason} ${suggestion}`);
    return otherwise;
  }
}

const alignAt = (position: Position): TextOverlay['align'] =>
  position.endsWith('left') ? 'left' : position.endsWith('right') ? 'right' : 'center';

function readText(value: unknown, example: string): string {
  if (typeof value !== 'string') throw new OverlayError('text', 'text must be a string.', example);
  // A code point is at most two units, so this bounds the count below as well.
  if (value.length > 2 * MAX_TEXT || codePoints(value) > MAX_TEXT) {
    const remedy = 'Shorten it, or split it over several overlays.';
    throw new OverlayError('text', `text is longer than ${MAX_TEXT} characters.`, remedy);
  }
  const text = cleanText(value);
  if (text.trim() === '') throw new OverlayError('text', 'text is empty.', example);
  return text;
}

function readFont(key: string, value: unknown): string {
  if (value === undefined || value === null || value === '') return 'Arial';
  if (typeof value !== 'string' || value.length > MAX_FONT_NAME || !/^[\p{L}\p{N} ._+,'-]+$/u.test(value)) {
    throw new OverlayError(
      key,
      'font must be the name of a font family.',
      'Give a family such as Arial, DejaVu Sans or Noto Sans; a file cannot be named here.',
    );
  }
  return value.trim();
}

function readAlign(key: string, value: unknown): TextOverlay['align'] | null {
  if (value === undefined || value === null || value === '') return null;
  const word = value === 'centre' ? 'center' : value;
  if (word === 'left' || word === 'center' || word === 'right') return word;
  throw new OverlayError(key, 'align must be left, center or right.', 'Give one of left, center, right.');
}

/** One warning for each key that is not known, at most ten. */
export function unknownKeys(given: Record<string, unknown>, known: readonly string[], prefix: string): string[] {
  const unknown = Object.keys(given).filter((key) => !known.includes(key));
  return unknown.slice(0, 10).map((key) => {
    const near = nearestName(key, known);
    const shown = key.replace(/[^\p{L}\p{N}_.-]/gu, '?').slice(0, 40);
    return `${prefix}${shown} is not known and was ignored.${near ? ` Did you mean ${prefix}${near}?` : ''}`;
  });
}

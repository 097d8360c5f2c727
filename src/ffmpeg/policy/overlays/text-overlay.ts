import { nearestName } from '../../../contract/faults/near-name.ts';
import { OVERLAY_STYLE_KEYS, snakeName } from '../../../contract/snake-names.ts';
import { cleanText, codePoints } from './overlay-text.ts';
import { type Position, presetCoordinates, readCoordinate, readPosition } from './position.ts';
import {
  isAbsent,
  isObject,
  OverlayError,
  type OverlayRejection,
  readNumber,
  readStyleColor,
  type StyleValue,
  warnInvalid,
} from './style-values.ts';
import type { TextOverlay } from './types.ts';

/** Maximum Unicode code points of a text. */
const MAX_TEXT = 10_000;
/** Maximum code points of a text whose font size may be chosen by trying sizes. Each size costs a layout. */
const MAX_FITTED = 300;
const MAX_FONT_NAME = 100;
const MAX_LENGTH = 16_384;
const DEFAULT_MARGIN = 40;
const BLACK = { name: 'black', rgb: '#000000', alpha: 1 };
const BOX = { name: 'black@0.5', rgb: '#000000', alpha: 0.5 };
const SHADOW = { name: 'black@0.6', rgb: '#000000', alpha: 0.6 };
const WHITE = { name: 'white', rgb: '#ffffff', alpha: 1 };
const DEFAULT_FONT = 'Arial';
const ALIGNS = ['left', 'center', 'right'] as const;

type StyleKey = (typeof OVERLAY_STYLE_KEYS)[number];

export type TextOverlayResult = { ok: true; overlay: TextOverlay; warnings: string[] } | OverlayRejection;

/**
 * Reads the argument of `@text-overlay`: `{text, style?}`, or a string that is only the text. Numbers may be numeric strings. Warns about
 * unknown keys, with the nearest known key. Warns about invalid words, colors, fonts and numbers, which the default replaces, and about
 * numbers out of range, which become the nearest allowed number. Rejects wrong types, and invalid expressions for `x` and `y`. `x` and `y`
 * take precedence over `position`. Any text is safe, because it never becomes part of a command.
 */
export function parseTextOverlay(argument: unknown): TextOverlayResult {
  try {
    return readOverlay(argument);
  } catch (error) {
    if (error instanceof OverlayError) return error.rejection;
    throw error;
  }
}

function readOverlay(argument: unknown): TextOverlayResult {
  const example = 'Send {"text": "…", "style": {"fontSize": 48, "position": "bottom"}}.';
  const given = typeof argument === 'string' ? { text: argument } : argument;
  if (!isObject(given)) throw new OverlayError('', '@text-overlay needs an object with a text.', example);
  const text = readText(given.text, example);
  if (given.style !== undefined && given.style !== null && !isObject(given.style))
    throw new OverlayError('style', 'style must be an object.', example);
  const style = (given.style ?? {}) as Record<string, unknown>;
  const keys = [...OVERLAY_STYLE_KEYS, ...OVERLAY_STYLE_KEYS.map(snakeName)];
  const warnings = [...unknownKeys(given, ['text', 'style'], ''), ...unknownKeys(style, keys, 'style.')];
  const at = (key: StyleKey): StyleValue => {
    const name = sentKey(style, key);
    return { key: `style.${name}`, value: style[name], warnings };
  };
  const fontSize = readNumber(at('fontSize'), { min: 12, max: 200 }, 48);
  const boxBorder = readNumber(at('boxBorderW'), { min: 0, max: 100, integer: true }, 20);
  const margin = readNumber(at('margin'), { min: 0, max: MAX_LENGTH }, DEFAULT_MARGIN);
  const position = readPosition(at('position'));
  const preset = presetCoordinates(position, margin, boxBorder);
  const thickness = readNumber(at('outlineThickness'), { min: 0, max: 50 }, at('outlineColor').value ? 2 : 0);
  const outline = { thickness, color: readStyleColor(at('outlineColor'), BLACK) };
  const blur = readNumber(at('shadowBlur'), { min: 0, max: 40 }, at('shadowColor').value ? 8 : 0);
  const overlay: TextOverlay = {
    text,
    charsPerLine: readNumber(at('charsPerLine'), { min: 5, max: 100, integer: true }, null),
    textWidth: readNumber(at('textWidth'), { min: 1, max: MAX_LENGTH }, null),
    textHeight: readTextHeight(at('textHeight'), text),
    font: readFont(at('font')),
    fontSize,
    lineSpacing: readNumber(at('lineSpacing'), { min: 0, max: 100 }, 10),
    fontColor: readStyleColor(at('fontColor'), WHITE),
    boxBorder,
    box: { color: readStyleColor(at('boxColor'), BOX), radius: readNumber(at('boxRadius'), { min: 0, max: 200 }, 0) },
    shadow: blur > 0 ? { blur, color: readStyleColor(at('shadowColor'), SHADOW) } : null,
    outline: thickness > 0 ? outline : null,
    align: readAlign(at('align'), alignAt(position)),
    x: readCoordinate(at('x'), fontSize) ?? preset.x,
    y: readCoordinate(at('y'), fontSize) ?? preset.y,
  };
  return { ok: true, overlay, warnings };
}

/** Returns the name of a style as it was sent: `fontSize` or `font_size`. Throws `OverlayError` if both were sent. */
function sentKey(style: Record<string, unknown>, key: StyleKey): string {
  const snake = snakeName(key);
  if (snake === key || !Object.hasOwn(style, snake)) return key;
  if (!Object.hasOwn(style, key)) return snake;
  throw new OverlayError(`style.${snake}`, `style has both "${key}" and "${snake}".`, 'Send one of them.');
}

const alignAt = (position: Position): TextOverlay['align'] =>
  position.endsWith('left') ? 'left' : position.endsWith('right') ? 'right' : 'center';

function readText(value: unknown, example: string): string {
  if (typeof value !== 'string') throw new OverlayError('text', 'text must be a string.', example);
  // A code point has at most two UTF-16 units, so this check also bounds the count.
  if (value.length > 2 * MAX_TEXT || codePoints(value) > MAX_TEXT) {
    const remedy = 'Shorten it, or split it over several overlays.';
    throw new OverlayError('text', `text is longer than ${MAX_TEXT} characters.`, remedy);
  }
  const text = cleanText(value);
  if (text.trim() === '') throw new OverlayError('text', 'text is empty.', example);
  return text;
}

function readFont(style: StyleValue): string {
  const { key, value } = style;
  if (isAbsent(value)) return DEFAULT_FONT;
  const advice = 'Use a font family such as Arial, DejaVu Sans or Noto Sans; a file cannot be named here.';
  if (typeof value !== 'string') throw new OverlayError(key, 'font must be the name of a font family.', advice);
  if (value.length <= MAX_FONT_NAME && /^[\p{L}\p{N} ._+,'-]+$/u.test(value)) return value.trim();
  return warnInvalid({ ...style, used: DEFAULT_FONT, advice });
}

function readTextHeight(style: StyleValue, text: string): number | null {
  const height = readNumber(style, { min: 1, max: MAX_LENGTH }, null);
  if (height === null || codePoints(text) <= MAX_FITTED) return height;
  style.warnings.push(
    `${style.key} was ignored, because it applies to texts of at most ${MAX_FITTED} characters. Shorten the text, or set fontSize.`,
  );
  return null;
}

function readAlign(style: StyleValue, otherwise: TextOverlay['align']): TextOverlay['align'] {
  const { key, value } = style;
  if (isAbsent(value)) return otherwise;
  const advice = 'Use one of left, center, right.';
  if (typeof value !== 'string') throw new OverlayError(key, 'align must be left, center or right.', advice);
  const word = value === 'centre' ? 'center' : value;
  const known = ALIGNS.find((align) => align === word);
  return known ?? warnInvalid({ ...style, used: otherwise, near: nearestName(word, ALIGNS), advice });
}

/** Returns one warning for each unknown key, and at most ten warnings. */
export function unknownKeys(given: Record<string, unknown>, known: readonly string[], prefix: string): string[] {
  const unknown = Object.keys(given).filter((key) => !known.includes(key));
  return unknown.slice(0, 10).map((key) => {
    const near = nearestName(key, known);
    const shown = key.replace(/[^\p{L}\p{N}_.-]/gu, '?').slice(0, 40);
    return `${prefix}${shown} is not known and was ignored.${near ? ` Did you mean ${prefix}${near}?` : ''}`;
  });
}

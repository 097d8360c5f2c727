import { nearestName } from '../../../contract/faults/near-name.ts';
import { readColor } from './color.ts';
import { COLOR_NAMES } from './color-names.ts';
import type { Color } from './types.ts';

/** Why an overlay's argument is rejected. `key` is its path in the argument (`text`, `style.fontSize`), or '' for the entire argument. */
export interface OverlayRejection {
  ok: false;
  key: string;
  reason: string;
  suggestion: string;
}

/** Thrown by the readers below. The parsers return its rejection. */
export class OverlayError extends Error {
  readonly rejection: OverlayRejection;
  constructor(key: string, reason: string, suggestion: string) {
    super(reason);
    this.rejection = { ok: false, key, reason, suggestion };
  }
}

/** A style value, its path in the argument (such as `style.fontSize`), and the list for its warnings. */
export interface StyleValue {
  key: string;
  value: unknown;
  warnings: string[];
}

export interface Bounds {
  min: number;
  max: number;
  integer?: boolean;
}

const SHOWN_CHARACTERS = 40;

export const isAbsent = (value: unknown): value is undefined | null | '' =>
  value === undefined || value === null || value === '';

/**
 * Reads a number in a range, or a numeric string. Absent values become `fallback`. Texts that are not numbers also become `fallback`, with
 * a warning. A number out of range becomes the nearest allowed number, with a warning. Throws `OverlayError` for other types.
 */
export function readNumber<T extends number | null>(style: StyleValue, bounds: Bounds, fallback: T): number | T {
  const { key, value, warnings } = style;
  if (isAbsent(value)) return fallback;
  const range = `${bounds.integer ? 'an integer' : 'a number'} from ${bounds.min} to ${bounds.max}`;
  const number = typeof value === 'string' ? readNumeric(value) : value;
  if (number === null) return warnInvalid({ ...style, used: fallback, advice: `Use ${range}.` });
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new OverlayError(key, `${lastPart(key)} must be ${range}.`, `Use ${range}.`);
  const rounded = bounds.integer ? Math.round(number) : number;
  const used = Math.min(bounds.max, Math.max(bounds.min, rounded));
  if (used !== number) warnings.push(`${key} is ${number}, so ${used} was used: ${lastPart(key)} must be ${range}.`);
  return used;
}

const readNumeric = (text: string): number | null =>
  /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text.trim()) ? Number(text) : null;

/**
 * Reads an FFmpeg color. An absent color becomes `fallback`. An unknown color also becomes `fallback`, with a warning. Throws
 * `OverlayError` for other types.
 */
export function readStyleColor(style: StyleValue, fallback: Color & { name: string }): Color {
  const { key, value } = style;
  const { name, ...color } = fallback;
  if (isAbsent(value)) return color;
  const advice = 'Use a name such as white, or #RRGGBB, #RRGGBBAA, 0xRRGGBB, each with an optional opacity: white@0.5.';
  if (typeof value !== 'string') throw new OverlayError(key, `${lastPart(key)} must be a color.`, advice);
  const read = value.length <= 64 ? readColor(value) : null;
  if (read) return read;
  warnInvalid({ ...style, used: name, near: nearestName(value.split('@', 1)[0]!, COLOR_NAMES.keys()), advice });
  return color;
}

/** Warns about an invalid text, and returns the value used instead. */
export function warnInvalid<T extends number | string | null>(
  style: StyleValue & { used: T; near?: string | null; advice: string },
): T {
  const { key, value, used, near, advice } = style;
  const shown = String(value)
    .slice(0, SHOWN_CHARACTERS)
    .replace(/[^\p{L}\p{N} _.,:@#%+-]/gu, '?');
  const instead = used === null ? 'it was ignored' : `${used} was used`;
  const meant = near ? ` Did you mean "${near}"?` : '';
  style.warnings.push(`${key}, "${shown}", is not valid, so ${instead}.${meant} ${advice}`);
  return used;
}

/** Whether a value is an object, but neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

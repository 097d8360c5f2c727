import { readColor } from './color.ts';
import type { Color } from './types.ts';

/** Why an overlay's argument is refused. `key` is where it stands in the argument (`text`, `style.fontSize`), '' = all of it. */
export interface OverlayRefusal {
  ok: false;
  key: string;
  reason: string;
  suggestion: string;
}

/** Thrown by the readers below; the parsers turn it into their answer. */
export class OverlayError extends Error {
  readonly refusal: OverlayRefusal;
  constructor(key: string, reason: string, suggestion: string) {
    super(reason);
    this.refusal = { ok: false, key, reason, suggestion };
  }
}

export interface Bounds {
  min: number;
  max: number;
  whole?: boolean;
}

/** A number in a range; numeric strings count, absent and null are `fallback`. Throws `OverlayError`. */
export function readNumber<T>(key: string, value: unknown, bounds: Bounds, fallback: T): number | T {
  if (value === undefined || value === null || value === '') return fallback;
  const range = `a ${bounds.whole ? 'whole number' : 'number'} from ${bounds.min} to ${bounds.max}`;
  const number = typeof value === 'string' && /^[+-]?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new OverlayError(key, `${lastPart(key)} must be ${range}.`, `Give ${range}.`);
  if (number < bounds.min || number > bounds.max)
    throw new OverlayError(key, `${lastPart(key)} is out of range.`, `Give ${range}.`);
  if (bounds.whole && !Number.isInteger(number))
    throw new OverlayError(key, `${lastPart(key)} must be a whole number.`, `Give ${range}.`);
  return number;
}

/** A colour of FFmpeg's; absent and null are `fallback`. Throws `OverlayError`. */
export function readStyleColor(key: string, value: unknown, fallback: Color): Color {
  if (value === undefined || value === null || value === '') return fallback;
  const color = typeof value === 'string' && value.length <= 64 ? readColor(value) : null;
  if (color === null) {
    throw new OverlayError(
      key,
      `${lastPart(key)} is not a colour that FFmpeg knows.`,
      'Give a name such as white, or #RRGGBB, #RRGGBBAA, 0xRRGGBB, each with an optional opacity: white@0.5.',
    );
  }
  return color;
}

/** An object that is neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

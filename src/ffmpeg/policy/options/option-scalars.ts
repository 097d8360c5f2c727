import { decimal } from '../../plan/geometry.ts';
import * as lists from './option-lists.ts';

/** Whether a value is in a range. The readers below return the canonical text of a value, or null if the text is invalid. */

export function within(value: number, range: { min: number; max: number }): boolean {
  return Number.isFinite(value) && value >= range.min && value <= range.max;
}

/** Writes a JSON number without exponent, so that the same patterns apply to numbers and strings. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '';
  return Number.isInteger(value) ? value.toFixed(0) : String(Number(value.toFixed(6)));
}

export function readInteger(text: string, range: { min: number; max: number }): string | null {
  const value = /^[+-]?\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  return within(value, range) ? String(value) : null;
}

export function readNumber(text: string, range: { min: number; max: number }): string | null {
  const value = /^[+-]?(\d{1,12}(\.\d{0,9})?|\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
  return within(value, range) ? decimal(value) : null;
}

/** Reads FFmpeg's booleans. Returns 1 or 0. */
export function readBoolean(text: string): string | null {
  const word = text.toLowerCase();
  if (['1', 'true', 'yes', 'on', 'y'].includes(word)) return '1';
  return ['0', 'false', 'no', 'off', 'n'].includes(word) ? '0' : null;
}

export function readTime(text: string, range: { min: number; max: number }): string | null {
  const value = parseTime(text);
  return value !== null && within(value, range) ? timeText(value) : null;
}

function parseTime(text: string): number | null {
  const unit = /^([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(ms|us|s)?$/.exec(text);
  if (unit) return Number(unit[1]) * (unit[2] === 'ms' ? 1e-3 : unit[2] === 'us' ? 1e-6 : 1);
  const clock = /^([+-]?)(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)$/.exec(text);
  if (!clock || Number(clock[3]) > 59 || Number(clock[4]) >= 60) return null;
  const total = Number(clock[2] ?? 0) * 3600 + Number(clock[3]) * 60 + Number(clock[4]);
  return clock[1] === '-' ? -total : total;
}

/** Writes seconds with at most six decimals and no exponent. */
export function timeText(seconds: number): string {
  return seconds
    .toFixed(6)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0');
}

export function readBits(text: string, range: { min: number; max: number }): string | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)([kKMG]?)(?:bit\/s|bps)?$/.exec(text);
  const unit = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }[match?.[2] ?? ''] ?? Number.NaN;
  const value = match ? Math.round(Number(match[1]) * unit) : Number.NaN;
  return within(value, range) ? String(value) : null;
}

export function readChoice(
  text: string,
  spec: { values: readonly string[]; aliases?: Readonly<Record<string, string>> },
): string | null {
  const word = text.toLowerCase();
  const alias = spec.aliases && Object.hasOwn(spec.aliases, word) ? spec.aliases[word] : undefined;
  return spec.values.find((allowed) => allowed === word) ?? alias ?? null;
}

/**
 * Reads flags, and keeps a sign before the first flag. With this sign, FFmpeg changes its default. Without the sign, FFmpeg replaces the
 * default.
 */
export function readFlags(text: string, allowed: readonly string[], single: readonly string[] = []): string | null {
  if (single.includes(text)) return text;
  if (text.length > 400 || !/^[+-]?[a-z0-9_]+([+-][a-z0-9_]+)*$/.test(text)) return null;
  return (text.match(/[a-z0-9_]+/g) ?? []).every((word) => allowed.includes(word)) ? text : null;
}

export function readList(
  text: string,
  spec: { values: readonly string[]; separator: string; max: number },
): string | null {
  const words = text.toLowerCase().split(spec.separator);
  return words.length <= spec.max && words.every((word) => spec.values.includes(word))
    ? words.join(spec.separator)
    : null;
}

export function readSize(text: string, spec: { maxSide: number; maxPixels: number }): string | null {
  const word = text.toLowerCase();
  const named = Object.hasOwn(lists.SIZE_NAMES, word) ? lists.SIZE_NAMES[word]! : word;
  const match = /^(\d{1,5})[x:](\d{1,5})$/.exec(named);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const fits = width >= 2 && height >= 2 && Math.max(width, height) <= spec.maxSide && width * height <= spec.maxPixels;
  return match && fits ? `${width}x${height}` : null;
}

export function readRatio(text: string): string | null {
  const match = /^(\d{1,4})[:/](\d{1,4})$/.exec(text);
  if (match && Number(match[1]) > 0 && Number(match[2]) > 0) return `${Number(match[1])}:${Number(match[2])}`;
  const value = /^\d{1,2}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  return within(value, { min: 0.05, max: 20 }) ? String(value) : null;
}

/** Returns the value of a canonical rate such as `25` or `30000/1001`. */
export function rational(text: string): number {
  const [top, bottom] = text.split('/');
  return Number(top) / (bottom === undefined ? 1 : Number(bottom));
}

const RATE_NAMES: Readonly<Record<string, string>> = {
  ntsc: '30000/1001',
  pal: '25',
  film: '24',
  'ntsc-film': '24000/1001',
};

export function readRate(text: string, max: number): string | null {
  const named = Object.hasOwn(RATE_NAMES, text.toLowerCase()) ? RATE_NAMES[text.toLowerCase()] : undefined;
  if (named) return named;
  const match = /^(\d{1,7}(?:\.\d{1,6})?)(?:\/(\d{1,7}))?$/.exec(text);
  if (!match) return null;
  const value = Number(match[1]) / (match[2] === undefined ? 1 : Number(match[2]));
  if (!within(value, { min: 0.01, max })) return null;
  if (match[2] === undefined) return timeText(Number(match[1]));
  return /^\d+$/.test(match[1]!) ? `${Number(match[1])}/${Number(match[2])}` : null;
}

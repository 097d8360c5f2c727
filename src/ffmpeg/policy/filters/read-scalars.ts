import { evaluateExpression, parseExpression } from '../expressions/index.ts';
import { numberText } from '../expressions/numbers.ts';
import { SIZE_NAMES } from '../options/option-lists.ts';
import { timeText, within } from '../options/option-scalars.ts';

/**
 * Maximum parts of an arithmetic expression. The functions below read single values of filter options. Each function returns the canonical
 * text, or null if the value is invalid.
 */

const MAX_ARITHMETIC_NODES = 64;

interface Range {
  min: number;
  max: number;
}

/**
 * Returns the value of a number, or of arithmetic over constants, because FFmpeg reads every number of a filter as an expression. NaN =
 * neither a number nor arithmetic.
 */
function arithmetic(text: string): number {
  const result = parseExpression(text, { variables: [], maxNodes: MAX_ARITHMETIC_NODES });
  return result.ok ? evaluateExpression(result.expression, {}) : Number.NaN;
}

export function readNumber(text: string, range: Range): string | null {
  const value = arithmetic(text);
  return within(value, range) ? numberText(value === 0 ? 0 : value) : null;
}

/** Reads an integer. Rounds as FFmpeg does (`llrint`: halves to the even neighbor). */
export function readInteger(text: string, range: Range): string | null {
  const value = arithmetic(text);
  const floor = Math.floor(value);
  const half = value - floor === 0.5;
  const rounded = half ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(value);
  return within(rounded, range) ? (rounded === 0 ? 0 : rounded).toFixed(0) : null;
}

const YES = ['true', 'y', 'yes', 'enable', 'enabled', 'on'];
const NO = ['false', 'n', 'no', 'disable', 'disabled', 'off'];

export function readBoolean(text: string): string | null {
  const word = text.trim().toLowerCase();
  if (YES.includes(word)) return '1';
  return NO.includes(word) ? '0' : readInteger(text, { min: 0, max: 1 });
}

/** Reads seconds (with an optional `s`, `ms` or `us`), or `[HH:]MM:SS[.m]`. Returns seconds with at most six decimals. */
export function readTime(text: string, range: Range): string | null {
  const value = seconds(text.trim());
  return within(value, range) ? timeText(value) : null;
}

function seconds(text: string): number {
  const clock = /^(-?)(?:(\d{1,5}):)?([0-5]?\d):([0-5]?\d(?:\.\d{0,9})?)$/.exec(text);
  if (clock) {
    const total = Number(clock[2] ?? 0) * 3600 + Number(clock[3]) * 60 + Number(clock[4]);
    return clock[1] ? -total : total;
  }
  const plain = /^(-?(?:\d{1,15}\.?\d{0,9}|\.\d{1,9}))(s|ms|us)?$/.exec(text);
  if (plain) return Number(plain[1]) / (plain[2] === 'ms' ? 1e3 : plain[2] === 'us' ? 1e6 : 1);
  return arithmetic(text);
}

export function readSize(text: string, spec: { maxSide: number; maxPixels: number }): string | null {
  const word = text.trim().toLowerCase();
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(Object.hasOwn(SIZE_NAMES, word) ? SIZE_NAMES[word]! : word);
  if (!match) return null;
  const [width, height] = [Number(match[1]), Number(match[2])];
  const fits = Math.min(width, height) >= 1 && Math.max(width, height) <= spec.maxSide;
  return fits && width * height <= spec.maxPixels ? `${width}x${height}` : null;
}

const RATE_NAMES: Readonly<Record<string, string>> = {
  ...{ ntsc: '30000/1001', qntsc: '30000/1001', sntsc: '30000/1001', 'ntsc-film': '24000/1001' },
  ...{ pal: '25', qpal: '25', spal: '25', film: '24' },
};
/** Minimum frames per second: about one frame in three hours. */
const MIN_RATE = 1e-4;

/** Reads frames per second: a number, `30000/1001`, or a name. A fraction of two integers stays a fraction. */
export function readRate(text: string, max: number): string | null {
  const word = text.trim().toLowerCase();
  if (Object.hasOwn(RATE_NAMES, word)) return RATE_NAMES[word]!;
  const range = { min: MIN_RATE, max };
  return fraction(word, /^(\d{1,9})\s*[:/]\s*(\d{1,9})$/, '/', range) ?? readNumber(word, range);
}

/** Reads a ratio: `16:9`, `16/9` or a number; 0 = unknown. The canonical form is `16/9`. */
export function readRatio(text: string): string | null {
  const range = { min: 0, max: 1000 };
  return fraction(text.trim(), /^(\d{1,9})\s*[:/]\s*(\d{1,9})$/, '/', range) ?? readNumber(text, range);
}

function fraction(text: string, pattern: RegExp, sign: string, range: Range): string | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [numerator, denominator] = [Number(match[1]), Number(match[2])];
  return within(numerator / denominator, range) ? `${numerator}${sign}${denominator}` : null;
}

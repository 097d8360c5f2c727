import { INPUT_LIMITS } from '../../../probe/input-limits.ts';
import type { FilterValue } from '../types.ts';

/** Short names for the types of values, so that the tables are easy to read. */
export const integer = (min: number, max: number): FilterValue => ({ type: 'integer', min, max });
export const number = (min: number, max: number): FilterValue => ({ type: 'number', min, max });
export const boolean: FilterValue = { type: 'boolean' };
export const color: FilterValue = { type: 'color' };
export const ratio: FilterValue = { type: 'ratio' };
export const rate: FilterValue = { type: 'rate', max: 120 };
export const time = (min = 0, max: number = INPUT_LIMITS.maxDurationSeconds): FilterValue => ({
  type: 'time',
  min,
  max,
});
export const size: FilterValue = { type: 'size', maxSide: 8192, maxPixels: INPUT_LIMITS.maxPixels };
export const choice = (values: readonly string[], aliases?: Readonly<Record<string, string>>): FilterValue =>
  aliases ? { type: 'choice', values, aliases } : { type: 'choice', values };
export const flags = (values: readonly string[]): FilterValue => ({ type: 'flags', values });
export const expression = (
  variables: string,
  more: { functions?: Record<string, number>; maxNodes?: number } = {},
): FilterValue => ({
  type: 'expression',
  variables: variables.split(' '),
  ...more,
});
export const expressions = (
  variables: string,
  more: { functions?: Record<string, number>; maxNodes?: number; maxCount?: number } = {},
): FilterValue => ({
  type: 'expressions',
  separator: '|',
  variables: variables.split(' '),
  maxCount: 16,
  ...more,
});
export const colors: FilterValue = { type: 'colors', separator: '|', maxCount: 16 };
export const list = (values: readonly string[], separator = '|', max = 32): FilterValue => ({
  type: 'list',
  values,
  separator,
  max,
});
export const numbers = (min: number, max: number, separator = '|', maxCount = 64): FilterValue => ({
  type: 'numbers',
  separator,
  min,
  max,
  maxCount,
});
export const text = (maxBytes: number): FilterValue => ({ type: 'text', maxBytes });
export const pattern = (regex: RegExp, maxLength: number, hint: string): FilterValue => ({
  type: 'pattern',
  pattern: regex,
  maxLength,
  hint,
});

import type { Endless, FilterSpec, FilterValue, OptionTexts } from '../types.ts';
import { boolean, choice, integer, pattern } from './values.ts';

type Options = Readonly<Record<string, FilterValue>>;

interface More extends Partial<Omit<FilterSpec, 'name' | 'doc' | 'options'>> {
  /** Whether the filter accepts FFmpeg's options for filters of several inputs (framesync), by name only. */
  framesync?: boolean;
}

/**
 * Makes a row of the table: one video in and one video out, unless `more` sets other pads. `options` are in FFmpeg's own order, which is
 * the order of unnamed values. Rows that leave out some of FFmpeg's options set `positional`.
 */
export function video(name: string, doc: string, options: Options = {}, more: More = {}): FilterSpec {
  const { framesync, ...rest } = more;
  return {
    name,
    doc,
    inputs: ['v'],
    outputs: ['v'],
    options: framesync ? { ...FRAMESYNC, ...options } : options,
    positional: Object.keys(options),
    example: name,
    ...rest,
  };
}

/**
 * Named values with FFmpeg's numbers: `off linear complex` counts from 0, `auto=-1 tff bff` from -1. If several names have the same number,
 * the first name is written. The other names and the number itself are other spellings of the first name.
 */
export function named(names: string): FilterValue {
  const firsts = new Map<number, string>();
  const aliases: Record<string, string> = {};
  let next = 0;
  for (const entry of names.split(' ')) {
    const [name, number] = entry.split('=') as [string, string | undefined];
    const value = number === undefined ? next : Number(number);
    next = value + 1;
    const first = firsts.get(value);
    if (first === undefined) firsts.set(value, name);
    else aliases[name] = first;
  }
  for (const [value, name] of firsts) aliases[String(value)] ??= name;
  for (const name of firsts.values()) delete aliases[name];
  return choice([...firsts.values()], aliases);
}

/** Bit mask of the planes that a filter changes. */
export const PLANES = integer(0, 15);
export const SEED = integer(-1, 0xff_ff_ff_ff);
export const PARITY = named('auto=-1 tff bff');
export const INTERPOLATION = named('nearest bilinear');
export const EVAL = named('init frame');

/** A color, or the words `none` and `invert` if the filter accepts them. FFmpeg itself resolves the names. */
export const COLOR_OR_WORD = pattern(
  /^(?:[A-Za-z]{3,24}|(?:#|0x)[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?)(?:@(?:[01]|[01]?\.\d{1,6}|0x[0-9A-Fa-f]{2}))?$/,
  40,
  'a color such as red, #ff0000 or black@0.5',
);

const FRAMESYNC: Options = {
  eof_action: named('repeat endall pass'),
  shortest: boolean,
  repeatlast: boolean,
  ts_sync_mode: named('default nearest'),
};

export function isOn(values: OptionTexts, option: string): boolean {
  const value = values.get(option);
  return value === '1' || value === 'true';
}

/** Returns the integer of a canonical text, for numbers of frames. */
export function count(values: OptionTexts, option: string, fallback: number): number {
  const value = Number(values.get(option) ?? fallback);
  return Number.isFinite(value) ? value : fallback;
}

/** A source that ends only after its `duration`. */
export const UNTIL_DURATION: Endless = { option: 'duration', when: (values) => !values.has('duration') };
/** An endless source. */
export const NEVER_ENDS: Endless = { option: null, when: () => true };

import type { FilterSpec, FilterValue, PadKind, Pads } from '../types.ts';
import { integer, list, pattern } from './values.ts';

/**
 * Properties in which a row of the audio table differs from the default: one audio stream in, one audio stream out, and unnamed values in
 * the order listed.
 */
type More = Partial<Omit<FilterSpec, 'name' | 'doc' | 'options' | 'example'>>;

/** Makes a row of the audio table. Unnamed values follow the order of `options` unless `more.positional` sets another order. */
export function audio(
  name: string,
  example: string,
  doc: string,
  options: Readonly<Record<string, FilterValue>>,
  more: More = {},
): FilterSpec {
  const pads: { inputs: Pads; outputs: Pads } = { inputs: ['a'], outputs: ['a'] };
  return { name, doc, options, positional: Object.keys(options), example, ...pads, ...more };
}

/** Makes a row of a visualizer: audio in, video out. */
export function picture(
  name: string,
  example: string,
  doc: string,
  options: Readonly<Record<string, FilterValue>>,
  more: More = {},
): FilterSpec {
  return audio(name, example, doc, options, { outputs: ['v'], ...more });
}

/** Channels by FFmpeg's short names (`ffmpeg -layouts`). */
export const CHANNELS = (
  'FL FR FC LFE BL BR FLC FRC BC SL SR TC TFL TFC TFR TBL TBC TBR DL DR WL WR SDL SDR LFE2 TSL TSR BFC BFL BFR ' +
  'SSL SSR TTL TTR'
).split(' ');

/** Number of channels of each named layout (`ffmpeg -layouts`). */
export const LAYOUT_CHANNELS: Readonly<Record<string, number>> = {
  mono: 1,
  stereo: 2,
  downmix: 2,
  '2.1': 3,
  '3.0': 3,
  '3.0(back)': 3,
  '3.1': 4,
  '4.0': 4,
  quad: 4,
  'quad(side)': 4,
  '4.1': 5,
  '5.0': 5,
  '5.0(side)': 5,
  '5.1': 6,
  '5.1(side)': 6,
  '6.0': 6,
  '6.0(front)': 6,
  hexagonal: 6,
  '3.1.2': 6,
  '6.1': 7,
  '6.1(back)': 7,
  '6.1(front)': 7,
  '7.0': 7,
  '7.0(front)': 7,
  '7.1': 8,
  '7.1(wide)': 8,
  '7.1(wide-side)': 8,
  '5.1.2': 8,
  octagonal: 8,
  cube: 8,
  '5.1.4': 10,
  '7.1.2': 10,
  '7.1.4': 12,
  '7.2.3': 12,
  '9.1.4': 14,
  hexadecagonal: 16,
  '22.2': 24,
};

const escaped = (words: readonly string[]): string => words.map((word) => word.replace(/[.()]/g, '\\$&')).join('|');

/** Source texts of regular expressions. No text can match them in two ways, so matching takes linear time. */
export const CHANNEL = `(?:${escaped([...CHANNELS].sort((a, b) => b.length - a.length))})`;
export const NUMBER = '[+-]?(?:\\d{1,6}(?:\\.\\d{0,9})?|\\.\\d{1,9})';
const NAMED = `(?:${escaped(Object.keys(LAYOUT_CHANNELS))})`;
const COUNT = '(?:1\\d|2[0-4]|[1-9])';
export const LAYOUT = `(?:${NAMED}|${COUNT}[cC]|${CHANNEL}(?:\\+${CHANNEL}){0,23})`;

export const layout = pattern(
  new RegExp(`^${LAYOUT}$`),
  100,
  'a channel layout: mono, stereo, 5.1, …, 2c for two channels, or channels such as FL+FR',
);
/** Channels that a filter processes. Other channels pass unchanged. */
export const channels = pattern(
  new RegExp(`^(?:all|${LAYOUT})$`),
  100,
  'all, or the channels to process, such as FL+FR or LFE',
);

/** Returns the number of channels of a canonical layout text. */
export function layoutChannels(text: string): number {
  if (Object.hasOwn(LAYOUT_CHANNELS, text)) return LAYOUT_CHANNELS[text]!;
  const count = /^(\d+)c$/i.exec(text);
  return count ? Number(count[1]) : text.split('+').length;
}

export const audioPads = (count: number): readonly PadKind[] => Array<PadKind>(count).fill('a');

/** Whether a boolean option is on. Returns `fallback` if the option is not set. */
export function isOn(value: string | undefined, fallback: boolean): boolean {
  return value === undefined ? fallback : ['1', 'true', 'yes', 'on', 'y', 'enable'].includes(value);
}

/** Samples per second, up to the highest rate that an encoder supports. */
export const sampleRate = integer(1000, 384_000);

/** Maximum number of samples: twelve hours, the longest input, at the highest rate. */
export const MAX_SAMPLES = 12 * 3600 * 384_000;
export const samples = integer(0, MAX_SAMPLES);

export const SAMPLE_FORMATS = 'u8 s16 s32 flt dbl u8p s16p s32p fltp dblp s64 s64p'.split(' ');
export const sampleFormats = list(SAMPLE_FORMATS);

/** Numbers joined by a bar or a space, as `compand` and similar filters read them. */
export const barNumbers = (hint: string, max = 24): FilterValue =>
  pattern(new RegExp(`^${NUMBER}(?:[| ]${NUMBER}){0,${max - 1}}$`), 400, hint);

/** Splits values of `barNumbers` and `numbers`. */
export const splitNumbers = (text: string): number[] => text.split(/[| ]/).map(Number);

export const WINDOWS =
  'rect bartlett hann hanning hamming blackman welch flattop bharris bnuttall bhann sine nuttall lanczos gauss tukey dolph cauchy parzen poisson bohman kaiser'.split(
    ' ',
  );

export const FADE_CURVES =
  'nofade tri qsin esin hsin log ipar qua cub squ cbr par exp iqsin ihsin dese desi losi sinc isinc quat quatr qsin2 hsin2'.split(
    ' ',
  );

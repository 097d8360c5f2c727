import { rational } from '../../options/option-scalars.ts';
import type { FilterSpec, OptionTexts } from '../types.ts';
import { layoutChannels, splitNumbers } from './audio-values.ts';

/**
 * Rules between the values of a filter that FFmpeg itself checks only when it runs. They were found by running every
 * filter with random values of the table.
 */
type Rule = NonNullable<FilterSpec['check']>;
type Broken = ReturnType<Rule>;

const broken = (option: string, reason: string, suggestion: string): Broken => ({ option, reason, suggestion });

/** Combines rules: returns the first rule that is broken. */
export const allOf =
  (...rules: readonly Rule[]): Rule =>
  (values) => {
    for (const rule of rules) {
      const found = rule(values);
      if (found) return found;
    }
    return null;
  };

/** Requires that a size does not refer to itself. `names` = the variables that stand for the size. */
export const notItself =
  (option: string, ...names: readonly string[]): Rule =>
  (values) => {
    const own = names.find((name) => new RegExp(`\\b${name}\\b`).test(values.get(option) ?? ''));
    return own === undefined
      ? null
      : broken(option, `refers to itself: ${own} is not known yet`, 'Use the size of the input, iw and ih.');
  };

const CONSTANT = /^-?\d+(?:\.\d+)?(?:\/\d+(?:\.\d+)?)?$/;

/** Requires a constant above 0, or of 0 or more. */
export const positive =
  (option: string, least: 'above 0' | '0 or more', example: string): Rule =>
  (values) => {
    const text = values.get(option) ?? '1';
    const value = CONSTANT.test(text) ? rational(text) : 1;
    const fits = value > 0 || (value === 0 && least === '0 or more');
    return fits ? null : broken(option, `must be ${least}`, `Use a number such as ${example}.`);
  };

/** Requires that no word occurs twice in lists joined by `|`. */
export const noDoubles =
  (...options: readonly string[]): Rule =>
  (values) => {
    for (const option of options) {
      const words = (values.get(option) ?? '').split('|').filter((word) => word !== '');
      const twice = words.find((word, index) => words.indexOf(word) !== index);
      if (twice !== undefined) return broken(option, `names ${twice} twice`, 'Name each once.');
    }
    return null;
  };

/** Requires formats with only YUV or only RGB planes, because one picture cannot have both. */
export const oneColorModel =
  (option: string): Rule =>
  (values) => {
    const planes = values.get(option) ?? '';
    return /[yuv]/.test(planes) && /[rgb]/.test(planes)
      ? broken(option, 'mixes planes of YUV and RGB', 'Use either y, u, v or r, g, b, each with a.')
      : null;
  };

/** Requires indexes that are integers below a count. */
export const indexesBelow =
  (option: string, count: (values: OptionTexts) => number, what: string): Rule =>
  (values) => {
    const text = values.get(option);
    const most = count(values) - 1;
    const wrong = text === undefined ? undefined : splitNumbers(text).find((index) => index > most || index % 1 !== 0);
    return wrong === undefined
      ? null
      : broken(option, `names ${what} ${wrong}, but the last is ${most}`, `Use integers from 0 to ${most}.`);
  };

export const colorspaceTarget: Rule = (values) => {
  const missing = values.has('all') ? undefined : ['space', 'trc', 'primaries'].find((option) => !values.has(option));
  return missing === undefined
    ? null
    : broken(missing, 'is missing', 'Set all, such as all=bt709, or space, trc and primaries.');
};

export const twoMatrices: Rule = (values) =>
  values.get('src') === values.get('dst')
    ? broken('dst', 'is already the matrix of the input', 'Leave the filter out, or set another matrix.')
    : null;

export const kernels: Rule = (values) => {
  for (const plane of ['0', '1', '2', '3']) {
    const text = values.get(`${plane}m`);
    if (text === undefined) continue;
    const count = splitNumbers(text).length;
    const square = !['row', 'column'].includes(values.get(`${plane}mode`) ?? 'square');
    if (square ? ![9, 25, 49].includes(count) : count % 2 === 0) {
      const wanted = square ? 'Send 9, 25 or 49 numbers' : 'Send an odd count of numbers';
      return broken(`${plane}m`, `contains ${count} numbers`, `${wanted}, joined by spaces.`);
    }
  }
  return null;
};

export const oneKindOfPixel: Rule = (values) => {
  const rgb = ['red_expr', 'green_expr', 'blue_expr'].find((option) => values.has(option));
  const yuv = ['lum_expr', 'cb_expr', 'cr_expr'].some((option) => values.has(option));
  return rgb && yuv
    ? broken(rgb, 'is used together with expressions for YUV', 'Set lum, cb and cr, or r, g and b.')
    : null;
};

export const bothOrNone =
  (width: string, height: string): Rule =>
  (values) => {
    const isGiven = (option: string) => Number(values.get(option) ?? 0) > 0;
    if (isGiven(width) === isGiven(height)) return null;
    return broken(isGiven(width) ? height : width, 'is missing', `Set both ${width} and ${height}, or neither.`);
  };

/** Requires a length that FFmpeg's Fourier transform supports. */
export const transformLength =
  (option: string): Rule =>
  (values) => {
    let odd = Number(values.get(option) ?? 1);
    while (odd > 0 && odd % 2 === 0) odd /= 2;
    return [1, 3, 5, 7, 9, 15].includes(odd)
      ? null
      : broken(option, 'is not a length of a Fourier transform', 'Use a power of two, such as 4096.');
  };

export const evenSides =
  (...options: readonly string[]): Rule =>
  (values) => {
    const odd = options.find(
      (option) => Math.abs(Number(values.get(option) ?? 0)) % 2 === 1 && values.get(option) !== '-1',
    );
    return odd === undefined ? null : broken(odd, 'is an odd number', 'Use an even number of pixels, or -1.');
  };

export const channelMap: Rule = (values) => {
  const map = values.get('map');
  if (map === undefined) return null;
  const pairs = map.split('|').map((pair) => pair.split('-'));
  const form = (pair: readonly string[]) => pair.map((channel) => (/^\d/.test(channel) ? '0' : 'FL')).join('-');
  const other = pairs.find((pair) => form(pair) !== form(pairs[0]!));
  if (other) {
    return broken(
      'map',
      `mixes ${form(pairs[0]!)} and ${form(other)}`,
      'Write all channels by name, or all by number.',
    );
  }
  const layout = values.get('channel_layout');
  if (layout !== undefined && layoutChannels(layout) !== pairs.length) {
    const reason = `has ${layoutChannels(layout)} channels, but map has ${pairs.length}`;
    return broken('channel_layout', reason, 'Name a channel of the input for each channel of the layout.');
  }
  const outputs = pairs.flatMap(([, output]) => output ?? []);
  const twice = outputs.find((output, index) => outputs.indexOf(output) !== index);
  return twice === undefined ? null : broken('map', `names ${twice} twice`, 'Name each output channel once.');
};

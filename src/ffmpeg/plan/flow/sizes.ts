import type { CheckedFilter } from '../../policy/filters/types.ts';
import { rational } from '../../policy/options/option-scalars.ts';
import type { Flow } from './flow.ts';
import { numberOf, sizeOf, textOf } from './values.ts';

interface Size {
  width: number;
  height: number;
  certain: boolean;
}

type SizeRule = (filter: CheckedFilter, inputs: readonly Flow[]) => Size;

/** Output size of filters that change the size. All other filters keep the size of their input. */
export const SIZE_RULES: Readonly<Record<string, SizeRule>> = {
  scale: scaled,
  zscale: scaled,
  scale2ref: (filter, inputs) => scaled(filter, [inputs[1] ?? inputs[0]!]),
  crop: (filter, inputs) => evaluated(filter, inputs, ['w', 'out_w', 'width'], ['h', 'out_h', 'height'], 'floor'),
  pad: (filter, inputs) => evaluated(filter, inputs, ['w', 'width'], ['h', 'height'], 'round'),
  rotate: (filter, inputs) => evaluated(filter, inputs, ['out_w', 'ow'], ['out_h', 'oh'], 'round'),
  transpose: (filter, inputs) => {
    const passes = !['none', null].includes(textOf(filter, 'passthrough'));
    return { ...turned(inputs[0]!), certain: inputs[0]!.certain && !passes };
  },
  zoompan: (filter) => ({ ...(sizeOf(filter, 's', 'size') ?? { width: 1280, height: 720 }), certain: true }),
  hstack: (_, inputs) => ({
    width: sum(inputs.map((input) => input.width)),
    height: inputs[0]!.height,
    certain: inputs.every((input) => input.certain),
  }),
  vstack: (_, inputs) => ({
    width: inputs[0]!.width,
    height: sum(inputs.map((input) => input.height)),
    certain: inputs.every((input) => input.certain),
  }),
  xstack: stacked,
  tile: (filter, inputs) => {
    const layout = sizeOf(filter, 'layout') ?? { width: 6, height: 5 };
    const [margin, padding] = [numberOf(filter, {}, 'margin') ?? 0, numberOf(filter, {}, 'padding') ?? 0];
    const side = (count: number, length: number) => count * length + (count - 1) * padding + 2 * margin;
    const { width, height, certain } = inputs[0]!;
    return { width: side(layout.width, width), height: side(layout.height, height), certain };
  },
  palettegen: () => ({ width: 16, height: 16, certain: true }),
  v360: (filter, inputs) => evaluated(filter, inputs, ['w'], ['h'], 'round'),
  separatefields: (_, inputs) => ({ ...inputs[0]!, height: inputs[0]!.height / 2 }),
  stereo3d: (_, inputs) => ({ ...inputs[0]!, certain: false }),
  untile: (_, inputs) => ({ ...inputs[0]!, certain: false }),
};

/** Default sizes of generated video, which apply if the caller sets no size. */
const DRAWN_SIZES: Readonly<Record<string, readonly [number, number]>> = {
  showwaves: [600, 240],
  showwavespic: [600, 240],
  showspectrum: [640, 512],
  showspectrumpic: [4096, 2048],
  showfreqs: [1024, 512],
  showcqt: [1920, 1080],
  avectorscope: [400, 400],
  showvolume: [400, 60],
  aphasemeter: [800, 400],
  ahistogram: [848, 480],
  showcwt: [640, 512],
};

export function drawnFlow(filter: CheckedFilter, seconds: number | null): Flow {
  const stated = sizeOf(filter, 'size', 's', 'video_size');
  const [width, height] = DRAWN_SIZES[filter.spec.name] ?? [320, 240];
  const rate = textOf(filter, 'rate', 'r', 'fps');
  return {
    kind: 'v',
    ...(stated ?? { width, height }),
    certain: stated !== null,
    rate: rate === null ? 25 : rational(rate),
    seconds,
  };
}

function scaled(filter: CheckedFilter, inputs: readonly Flow[]): Size {
  const input = inputs[0]!;
  const size = sizeOf(filter, 'size', 's');
  const variables = variablesOf(input);
  let width = size?.width ?? numberOf(filter, variables, 'w', 'width') ?? 0;
  let height =
    size?.height ??
    numberOf(filter, { ...variables, ...(width > 0 && { ow: width, out_w: width }) }, 'h', 'height') ??
    0;
  // A width may depend on the height, as in `w=oh*16/9`.
  if (Number.isNaN(width)) width = numberOf(filter, { ...variables, oh: height, out_h: height }, 'w', 'width') ?? 0;
  const known = !Number.isNaN(width) && !Number.isNaN(height);
  [width, height] = [Math.trunc(width), Math.trunc(height)];
  if (width === 0) width = input.width;
  if (height === 0) height = input.height;
  const aspect = input.width / input.height;
  const [byWidth, byHeight] = [width < 0, height < 0];
  if (byWidth && byHeight) [width, height] = [input.width, input.height];
  else if (byWidth) width = multiple(height * aspect, -width);
  else if (byHeight) height = multiple(width / aspect, -height);
  const fit = textOf(filter, 'force_original_aspect_ratio');
  if (fit === 'decrease' || fit === 'increase') {
    const step = Number(textOf(filter, 'force_divisible_by') ?? 1);
    const factors = [width / input.width, height / input.height];
    const factor = fit === 'decrease' ? Math.min(...factors) : Math.max(...factors);
    [width, height] = [multiple(input.width * factor, step), multiple(input.height * factor, step)];
  }
  const keepsInput = byWidth || byHeight || fit !== null || !absolute(filter);
  return { width, height, certain: known && (input.certain || !keepsInput) && !oddAspect(filter) };
}

/** Whether the size is stated in plain numbers, so that it does not depend on the input. */
function absolute(filter: CheckedFilter): boolean {
  if (sizeOf(filter, 'size', 's')) return true;
  const [width, height] = [numberOf(filter, {}, 'w', 'width'), numberOf(filter, {}, 'h', 'height')];
  return (width ?? 0) > 0 && (height ?? 0) > 0;
}

/** Whether the size depends on the sample aspect ratio, so that it cannot be derived from pixels alone. */
function oddAspect(filter: CheckedFilter): boolean {
  return textOf(filter, 'reset_sar') !== null;
}

function evaluated(
  filter: CheckedFilter,
  inputs: readonly Flow[],
  widths: string[],
  heights: string[],
  how: 'floor' | 'round',
): Size {
  const input = inputs[0]!;
  const variables = variablesOf(input);
  const side = (value: number | null, fallback: number) => {
    if (value === null || value === 0 || Number.isNaN(value)) return fallback;
    return how === 'floor' ? Math.floor(value) : Math.round(value);
  };
  let statedWidth = numberOf(filter, variables, ...widths);
  const statedHeight = numberOf(
    filter,
    { ...variables, ow: statedWidth ?? input.width, out_w: statedWidth ?? input.width },
    ...heights,
  );
  if (Number.isNaN(statedWidth)) {
    const height = statedHeight ?? input.height;
    statedWidth = numberOf(filter, { ...variables, oh: height, out_h: height }, ...widths);
  }
  const known = !Number.isNaN(statedWidth ?? 0) && !Number.isNaN(statedHeight ?? 0);
  const free = (value: number | null, names: string[]) =>
    value !== null && !Number.isNaN(numberOf(filter, {}, ...names) ?? 0);
  const [width, height] = [side(statedWidth, input.width), side(statedHeight, input.height)];
  // An odd side of a crop is rounded to the chroma grid, which depends on the pixel format.
  const exact = how === 'round' || (width % 2 === 0 && height % 2 === 0);
  return {
    width,
    height,
    certain: exact && known && (input.certain || (free(statedWidth, widths) && free(statedHeight, heights))),
  };
}

function stacked(filter: CheckedFilter, inputs: readonly Flow[]): Size {
  const grid = sizeOf(filter, 'grid');
  const certain = inputs.every((input) => input.certain);
  const first = inputs[0]!;
  if (grid) return { width: first.width * grid.width, height: first.height * grid.height, certain };
  const layout = textOf(filter, 'layout');
  if (!layout) return { width: first.width * inputs.length, height: first.height, certain: false };
  let [width, height] = [0, 0];
  for (const [index, position] of layout.split('|').entries()) {
    const input = inputs[index];
    if (!input) break;
    const [x, y] = position.split('_').map((text) => offsetOf(text, inputs));
    width = Math.max(width, (x ?? 0) + input.width);
    height = Math.max(height, (y ?? 0) + input.height);
  }
  return { width, height, certain };
}

/** Reads an offset of an xstack layout: `w0+w1`, `h0` or a number. */
function offsetOf(text: string, inputs: readonly Flow[]): number {
  return sum(
    text.split('+').map((part) => {
      const match = /^([wh])(\d+)$/.exec(part);
      const input = match ? inputs[Number(match[2])] : undefined;
      return match ? ((match[1] === 'w' ? input?.width : input?.height) ?? Number.NaN) : Number(part);
    }),
  );
}

/** Returns the variables with which filters refer to the size of their input. */
function variablesOf(input: Flow): Record<string, number> {
  const { width, height } = input;
  // If a variable is missing, the entire expression is unknown. If the variable were NaN, it would be compared like a number.
  return {
    ...(!Number.isNaN(width) && { iw: width, in_w: width, main_w: width }),
    ...(!Number.isNaN(height) && { ih: height, in_h: height, main_h: height }),
    ...(!Number.isNaN(width / height) && { a: width / height, dar: width / height }),
    ...{ sar: 1, hsub: 2, vsub: 2 },
  };
}

function turned(input: Flow): { width: number; height: number } {
  return { width: input.height, height: input.width };
}

function multiple(value: number, step: number): number {
  return step <= 1 ? Math.round(value) : Math.round(value / step) * step;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

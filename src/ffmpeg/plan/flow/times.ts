import { evaluateExpression } from '../../policy/expressions/index.ts';
import { optionTexts } from '../../policy/filters/pads.ts';
import type { CheckedFilter } from '../../policy/filters/types.ts';
import { rational } from '../../policy/options/option-scalars.ts';
import { type Flow, longest, plus, shortest } from './flow.ts';
import { isTrue, numberOf, textOf } from './values.ts';

interface Time {
  seconds: number | null;
  rate: number | null;
}

type TimeRule = (filter: CheckedFilter, inputs: readonly Flow[]) => Time;

/** Filters that change the duration or the frame rate of their stream. */
export const TIME_RULES: Readonly<Record<string, TimeRule>> = {
  trim: trimmed,
  atrim: trimmed,
  setpts: stretched,
  asetpts: stretched,
  atempo: (filter, inputs) => faster(inputs[0]!, numberOf(filter, {}, 'tempo') ?? 1),
  rubberband: (filter, inputs) => faster(inputs[0]!, numberOf(filter, {}, 'tempo') ?? 1),
  asetrate: unknown,
  fps: (filter, inputs) => rated(filter, inputs[0]!, 'fps'),
  framerate: (filter, inputs) => rated(filter, inputs[0]!, 'fps'),
  minterpolate: (filter, inputs) => rated(filter, inputs[0]!, 'fps', 60),
  zoompan: (filter, inputs) => {
    const rate = rational(textOf(filter, 'fps') ?? '25');
    const frames = framesOf(inputs[0]!);
    const each = numberOf(filter, {}, 'd') ?? 90;
    return { rate, seconds: frames === null || Number.isNaN(each) ? null : (frames * each) / rate };
  },
  loop: looped,
  aloop: (filter, inputs) => ({ ...looped(filter, inputs), rate: null }),
  tpad: (filter, inputs) => {
    const { rate } = inputs[0]!;
    const frames = (numberOf(filter, {}, 'start') ?? 0) + (numberOf(filter, {}, 'stop') ?? 0);
    const added = (numberOf(filter, {}, 'start_duration') ?? 0) + (numberOf(filter, {}, 'stop_duration') ?? 0);
    return { rate, seconds: plus(inputs[0]!.seconds, added + (rate ? frames / rate : 0)) };
  },
  adelay: (filter, inputs) => {
    const delays = (textOf(filter, 'delays') ?? '0').split('|').map((text) => {
      const match = /^([\d.]+)(s|S)?$/.exec(text);
      return !match || match[2] === 'S' ? 0 : Number(match[1]) / (match[2] === 's' ? 1 : 1000);
    });
    return { rate: null, seconds: plus(inputs[0]!.seconds, Math.max(...delays)) };
  },
  apad: (filter, inputs) => {
    const least = numberOf(filter, {}, 'whole_dur');
    const added = numberOf(filter, {}, 'pad_dur');
    if (least !== null && least >= 0) return { rate: null, seconds: longest([inputs[0]!.seconds, least]) };
    return { rate: null, seconds: added !== null && added >= 0 ? plus(inputs[0]!.seconds, added) : null };
  },
  xfade: (filter, inputs) => ({
    rate: inputs[0]!.rate,
    seconds: plus(numberOf(filter, {}, 'offset') ?? 0, inputs[1]?.seconds ?? null),
  }),
  acrossfade: (filter, inputs) => {
    const overlap = isTrue(filter, 'overlap', 'o') || textOf(filter, 'overlap', 'o') === null;
    const length = numberOf(filter, {}, 'duration', 'd') ?? 1;
    return { rate: null, seconds: plus(plus(inputs[0]!.seconds, inputs[1]?.seconds ?? null), overlap ? -length : 0) };
  },
  amix: (filter, inputs) => {
    const all = inputs.map((input) => input.seconds);
    const mode = textOf(filter, 'duration') ?? 'longest';
    return { rate: null, seconds: mode === 'first' ? all[0]! : mode === 'shortest' ? shortest(all) : longest(all) };
  },
  amerge: (_, inputs) => ({ rate: null, seconds: shortest(inputs.map((input) => input.seconds)) }),
  sidechaincompress: (_, inputs) => ({ rate: null, seconds: shortest(inputs.map((input) => input.seconds)) }),
  sidechaingate: (_, inputs) => ({ rate: null, seconds: shortest(inputs.map((input) => input.seconds)) }),
  tile: (_, inputs) => ({ rate: null, seconds: inputs[0]!.seconds }),
  thumbnail: (_, inputs) => ({ rate: null, seconds: inputs[0]!.seconds }),
  select: (_, inputs) => ({ rate: null, seconds: inputs[0]!.seconds }),
  palettegen: () => ({ rate: null, seconds: 0 }),
  silenceremove: (_, inputs) => ({
    rate: null,
    seconds: inputs[0]!.seconds === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : null,
  }),
  paletteuse: (_, inputs) => inputs[0]!,
};

/** Filters without a rule are as long as the longest input, or as the shortest input with `shortest=1`. */
export function defaultTime(filter: CheckedFilter, inputs: readonly Flow[]): Time {
  const all = inputs.map((input) => input.seconds);
  // A still overlaid on a video is repeated, and does not make the video longer.
  const seconds = isTrue(filter, 'shortest') ? shortest(all) : longest(all);
  return { seconds, rate: inputs.find((input) => input.kind === 'v')?.rate ?? null };
}

/** Whether the filter, with the values of its options, is endless. */
export function isEndless(filter: CheckedFilter): boolean {
  return filter.spec.endless?.when(optionTexts(filter)) ?? false;
}

function trimmed(filter: CheckedFilter, inputs: readonly Flow[]): Time {
  const { seconds, rate } = inputs[0]!;
  const frames = (name: string) => {
    const count = numberOf(filter, {}, name);
    return count === null || !rate ? null : count / rate;
  };
  const start = numberOf(filter, {}, 'start', 'starti') ?? frames('start_frame') ?? 0;
  const end = numberOf(filter, {}, 'end', 'endi') ?? frames('end_frame');
  const length = numberOf(filter, {}, 'duration', 'durationi');
  let left = plus(seconds, -start);
  for (const limit of [end === null ? null : end - start, length])
    left = limit === null ? left : shortest([left, limit]);
  return { rate, seconds: left === null ? null : Math.max(0, left) };
}

/**
 * Supports expressions that multiply times by a factor, such as `0.5*PTS` and `(PTS-STARTPTS)*2`. The duration of any other expression is
 * unknown.
 */
function stretched(filter: CheckedFilter, inputs: readonly Flow[]): Time {
  const input = inputs[0]!;
  const value = filter.values.get('expr');
  if (value?.type !== 'expression') return unknown(filter, inputs);
  const at = (pts: number) => evaluateExpression(value.expression, { PTS: pts, STARTPTS: 0 });
  const factor = at(1);
  const straight = Math.abs(at(0)) < 1e-9 && Math.abs(at(1000) - 1000 * factor) < 1e-3;
  if (!straight || !(factor > 0)) return unknown(filter, inputs);
  return faster(input, 1 / factor);
}

function faster(input: Flow, factor: number): Time {
  if (!(factor > 0)) return { seconds: null, rate: input.rate };
  return {
    seconds: input.seconds === null ? null : input.seconds / factor,
    rate: input.rate === null ? null : input.rate * factor,
  };
}

function rated(filter: CheckedFilter, input: Flow, name: string, fallback = 25): Time {
  const stated = numberOf(filter, {}, name);
  return { seconds: input.seconds, rate: stated === null || Number.isNaN(stated) ? fallback : stated };
}

function looped(filter: CheckedFilter, inputs: readonly Flow[]): Time {
  const { seconds, rate } = inputs[0]!;
  const times = numberOf(filter, {}, 'loop') ?? 0;
  const size = numberOf(filter, {}, 'size') ?? 0;
  const part = rate ? Math.min(seconds ?? Number.POSITIVE_INFINITY, size / rate) : null;
  return { rate, seconds: part === null || !Number.isFinite(part) ? null : plus(seconds, times * part) };
}

/** An endless input stays endless. For other inputs, the end is unknown. */
function unknown(_: CheckedFilter, inputs: readonly Flow[]): Time {
  const endless = inputs[0]!.seconds === Number.POSITIVE_INFINITY;
  return { seconds: endless ? Number.POSITIVE_INFINITY : null, rate: inputs[0]!.rate };
}

function framesOf(input: Flow): number | null {
  if (input.seconds === null) return null;
  return Math.max(1, Math.round(input.seconds * (input.rate ?? 25)));
}

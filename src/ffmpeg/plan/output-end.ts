import { JobFailure } from '../../contract/failures.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import { timeText } from '../policy/options/option-values.ts';
import type { PlanWarning } from '../types.ts';
import type { Track } from './compose.ts';
import { outputDuration } from './timing.ts';

export interface OutputEnd {
  /** Expected seconds of the output; null = unknown. */
  durationSeconds: number | null;
  /** Seconds after which the output ends; null if only the limits end it. */
  length: number | null;
  warnings: PlanWarning[];
}

/**
 * Determines the length of the output. An endless output gets the length of the longest input. Throws `JobFailure` if nothing limits an
 * endless output, or if the trim options leave nothing.
 */
export function outputEnd(job: {
  tracks: readonly Track[];
  options: OptionSet;
  still: boolean;
  /** Seconds of the inputs that are not still pictures. */
  playing: readonly (number | null)[];
  /** Seconds by which an input may last longer than its duration; null if its duration is an estimate from the bit rate. */
  surplus: number | null;
  filtered: boolean;
}): OutputEnd {
  const { tracks, options, still, filtered } = job;
  const length = options.length();
  if (still) return { durationSeconds: null, length, warnings: [] };
  const rate = tracks.find((track) => track.from.kind === 'v')?.flow.rate ?? null;
  const seconds = outputDuration(
    tracks.map((track) => track.flow.seconds),
    options,
    rate,
  );
  if (seconds === Number.POSITIVE_INFINITY) {
    if (options.has('frames')) return { durationSeconds: null, length, warnings: [] };
    const known = job.playing.filter((value) => value !== null && Number.isFinite(value)) as number[];
    const bound = Math.max(0, ...known);
    if (bound <= 0) {
      throw new JobFailure('empty_media', 'The output has no end; set its duration in seconds with the option -t.');
    }
    const start = options.number('ss') ?? 0;
    const left = Math.max(0.001, bound - start);
    const message = `Nothing limits this output, so it ends after ${timeText(left)} s, like the longest input. To set another length, use -t.`;
    return { durationSeconds: left, length: left, warnings: [{ field: 'options', message }] };
  }
  // After filters, the duration is an estimate, so it cannot prove that no media is left.
  if (seconds !== null && seconds <= 0 && !filtered) {
    throw new JobFailure('empty_media', 'The trim options start after the end of the input.');
  }
  const expected = seconds !== null && seconds > 0 ? seconds : null;
  // FFmpeg 7 lets an endless stream run up to two seconds past `-shortest`, depending on the timing of its threads.
  const overruns = options.has('shortest') && tracks.some((track) => track.flow.seconds === Number.POSITIVE_INFINITY);
  const bound = expected !== null && job.surplus !== null ? expected + job.surplus : null;
  return { durationSeconds: expected, length: overruns && bound !== null ? bound : length, warnings: [] };
}

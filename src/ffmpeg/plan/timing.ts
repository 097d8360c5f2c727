import type { OptionSet } from '../policy/options/option-set.ts';
import type { MediaInfo } from '../types.ts';

/** Returns the seconds that an input plays once its own options have trimmed or repeated it; null = unknown, Infinity = endless. */
export function inputDuration(info: MediaInfo, options: OptionSet): number | null {
  const length = options.length();
  if (info.isImage) return length;
  let left = info.durationSeconds;
  if (left !== null) {
    const fromEnd = options.number('sseof');
    left =
      fromEnd !== null && !options.has('ss')
        ? Math.min(left, -fromEnd)
        : Math.max(0, left - (options.number('ss') ?? 0));
    const repeats = options.number('stream_loop') ?? 0;
    left = left * (repeats + 1);
  }
  if ((options.number('stream_loop') ?? 0) < 0) left = Number.POSITIVE_INFINITY;
  if (length === null) return left;
  return left === null ? length : Math.min(left, length);
}

/** Returns the seconds of the output, from the seconds of its streams and its own trim options; null = unknown, Infinity = endless. */
export function outputDuration(
  inputs: readonly (number | null)[],
  options: OptionSet,
  frameRate: number | null,
): number | null {
  const known = inputs.filter((seconds) => seconds !== null);
  let seconds: number | null = null;
  if (options.has('shortest')) seconds = known.length > 0 ? Math.min(...known) : null;
  else if (known.length === inputs.length || known.includes(Number.POSITIVE_INFINITY)) seconds = Math.max(...known);
  if (seconds !== null) seconds = Math.max(0, seconds - (options.number('ss') ?? 0));
  const length = options.length();
  if (length !== null) seconds = seconds === null ? length : Math.min(seconds, length);
  const frames = options.number('frames', 'v');
  if (frames !== null && frameRate) {
    const limit = frames / frameRate;
    seconds = seconds === null ? limit : Math.min(seconds, limit);
  }
  return seconds;
}

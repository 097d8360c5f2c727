import { type FrameRate, USUAL_RATES } from '../time/usual-rates.ts';
import type { FrameList } from './types.ts';

/** Maximum frames per second, as of any output of Airlock. */
const MAX_RATE = 120;
/**
 * Maximum distance of a frame from its nominal time, in frames. The distance between two frames is then less than half a frame off, so
 * rounding gives every frame a different time.
 */
const MAX_JITTER = 0.24;

/**
 * Returns the constant frame rate of a stream, at which each frame has a different time; null if the frames do not have a constant rate.
 */
export function constantRate({ times, timescale }: Pick<FrameList, 'times' | 'timescale'>): FrameRate | null {
  if (times.length < 2) return null;
  const exact = reduced(timescale, times[1]!);
  if (exact && exact.num / exact.den <= MAX_RATE && jitter(times, timescale, exact) === 0) return exact;
  let best: { rate: FrameRate | null; jitter: number } = { rate: null, jitter: MAX_JITTER };
  for (const rate of USUAL_RATES) {
    const found = jitter(times, timescale, rate);
    if (found < best.jitter) best = { rate, jitter: found };
  }
  return best.rate;
}

/** Returns the largest distance of a frame from its nominal time, in frames. */
function jitter(times: Float64Array, timescale: number, { num, den }: FrameRate): number {
  let most = 0;
  for (const [index, time] of times.entries()) {
    most = Math.max(most, Math.abs(time * num - index * den * timescale));
    if (most > den * timescale) return Number.POSITIVE_INFINITY;
  }
  return most / (den * timescale);
}

function reduced(num: number, den: number): FrameRate | null {
  if (!(den > 0)) return null;
  let [a, b] = [num, den];
  while (b !== 0) [a, b] = [b, a % b];
  return { num: num / a, den: den / a };
}

/** Returns the seconds that this number of frames lasts. */
export function secondsOf(frames: number, { num, den }: FrameRate): number {
  return (frames * den) / num;
}

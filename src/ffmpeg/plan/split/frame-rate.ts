import type { FrameList, FrameRate } from './types.ts';

/** Frame rates of cameras and films, for streams whose times are rounded. */
const COMMON_RATES: readonly FrameRate[] = [
  { num: 24000, den: 1001 },
  { num: 24, den: 1 },
  { num: 25, den: 1 },
  { num: 30000, den: 1001 },
  { num: 30, den: 1 },
  { num: 48, den: 1 },
  { num: 50, den: 1 },
  { num: 60000, den: 1001 },
  { num: 60, den: 1 },
];
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
  for (const rate of COMMON_RATES) {
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

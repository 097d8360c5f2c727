import { createHash } from 'node:crypto';
import { type FrameRate, USUAL_RATES } from '../time/usual-rates.ts';
import type { FrameList, KeptTimes, Piece } from './types.ts';

/** Maximum frames per second, as of any output of Airlock. */
const MAX_RATE = 120;
/**
 * Maximum distance of a frame from its nominal time, in frames. The distance between two frames is then less than half a frame off, so
 * rounding gives every frame a different time.
 */
const MAX_JITTER = 0.24;
/** Maximum units per second of times that pieces can keep. A piece seeks and shifts by microseconds, which must not move a frame. */
const MAX_TIMESCALE = 500_000;

type Times = Pick<FrameList, 'times' | 'timescale'>;

/**
 * Returns the constant frame rate of a stream, at which each frame has a different time; null if the frames do not have a constant rate.
 */
export function constantRate({ times, timescale }: Times): FrameRate | null {
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

/** Returns the average frame rate of a stream; null if pieces cannot keep the times of its frames. */
export function averageRate({ times, timescale }: Times): FrameRate | null {
  const isRising = times.every((time, index) => index === 0 || time > times[index - 1]!);
  if (!isRising || timescale > MAX_TIMESCALE) return null;
  return reduced((times.length - 1) * timescale, times[times.length - 1]!);
}

/** Returns the times that pieces keep. */
export function keptTimes({ times, timescale }: Times, pieces: readonly Piece[]): KeptTimes {
  const starts = pieces.map(({ first }) => times[first]!);
  return { timescale, starts, digest: digestTimes({ times, timescale }, timescale) };
}

/** Returns the SHA-256 of the times of all frames in these units per second, in hexadecimal. */
export function digestTimes({ times, timescale }: Times, unitsPerSecond: number): string {
  const units = times.map((time) => (time * unitsPerSecond) / timescale);
  return createHash('sha256').update(new Uint8Array(units.buffer)).digest('hex');
}

/** Returns the seconds from the first frame of a piece to the frame that follows the piece, or to the last frame. */
export function secondsOf({ times, timescale }: Times, { first, frames }: Piece): number {
  return ((times[first + frames] ?? times[times.length - 1]!) - times[first]!) / timescale;
}

import { pieceCounts } from './cut.ts';
import type { FrameList, FrameRate, LadderPiece } from './types.ts';

/**
 * Maximum seconds of the source that a piece may decode and drop, because it begins between two key frames. Encoders set key frames at most
 * ten seconds apart.
 */
const MAX_DROPPED_SECONDS = 12;

interface LadderCut {
  /** Frame rate of the source and of all renditions. */
  rate: FrameRate;
  segmentSeconds: number;
  slots: number;
  /** Minimum seconds of a piece. */
  least: number;
}

/**
 * Cuts a video into pieces of about equal length, each of which begins where a segment of the ladder begins. A piece decodes from the last
 * key frame of the source up to its start, and drops the frames in between. The number of pieces is chosen as in `cutVideo`. Null = the
 * video cannot be cut.
 */
export function cutLadder(
  { times, keys }: Pick<FrameList, 'times' | 'keys'>,
  { rate, segmentSeconds, slots, least }: LadderCut,
): LadderPiece[] | null {
  if (slots < 2 || keys[0] !== 0) return null;
  const perSecond = rate.num / rate.den;
  for (const count of pieceCounts(times.length / perSecond, slots, least)) {
    const starts = Array.from({ length: count }, (_, piece) => {
      const segment = Math.round((times.length * piece) / count / perSecond / segmentSeconds);
      const first = firstFrame(segment * segmentSeconds, rate);
      return { first, segment, key: lastUpTo(keys, first) };
    });
    const pieces = starts.map((start, index) => ({
      ...start,
      frames: (starts[index + 1]?.first ?? times.length) - start.first,
    }));
    const isGood = pieces.every(
      ({ first, frames, key }) =>
        // The segments nearest to equal parts may make a piece up to one segment shorter than these parts.
        frames >= Math.max(least - segmentSeconds, segmentSeconds) * perSecond &&
        first - key <= MAX_DROPPED_SECONDS * perSecond,
    );
    if (isGood) return pieces;
  }
  return null;
}

/** Returns the number of the first frame at or after a time in seconds. */
function firstFrame(seconds: number, { num, den }: FrameRate): number {
  return Math.ceil((seconds * num) / den);
}

/** Returns the largest of rising numbers that is at most `limit`. The first number must be zero. */
function lastUpTo(numbers: Uint32Array, limit: number): number {
  let [low, high] = [0, numbers.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= limit) low = middle;
    else high = middle;
  }
  return numbers[low]!;
}

import type { ComparedSource } from '../../types.ts';
import type { Sample } from './compare-args.ts';

/**
 * Frames of all samples, as a share of the frames of the output. Each is encoded twice, and decoded and compared as often,
 * at some 2.7 times the cost of encoding it once: 9% of the encode, and the start of the programs comes on top.
 */
const SHARE = 0.035;
/** Frames of a sample: an encoder spends bits in view of the frames that follow, so longer ones are more like the output. */
const [SHORTEST, USUAL, LONGEST] = [8, 16, 48];
/** Samples of the usual length, and shorter ones: scenes differ more than frames. */
const [MOST_SAMPLES, MOST_SHORT] = [12, 3];
/** Seconds between samples from which each begins at a key frame: encoders write one every ten seconds at most. */
const KEY_SECONDS = 20;

/** Spreads samples evenly over what the output shows of its source. Empty if its duration is not known. */
export function chooseSamples({
  from,
  seconds,
  frameRate,
}: Pick<ComparedSource, 'from' | 'seconds' | 'frameRate'>): Sample[] {
  if (seconds === null || seconds <= 0) return [];
  const all = Math.floor(seconds * frameRate);
  const budget = Math.min(all, Math.max(SHORTEST, Math.floor(all * SHARE)));
  const short = Math.min(MOST_SHORT, Math.max(1, Math.floor(budget / SHORTEST)));
  const count = Math.max(short, Math.min(MOST_SAMPLES, Math.floor(budget / USUAL)));
  const frames = Math.min(LONGEST, Math.max(1, Math.floor(budget / count)));
  return Array.from({ length: count }, (_, index) => {
    const middle = ((index + 0.5) * seconds) / count;
    const latest = Math.max(0, seconds - frames / frameRate);
    return { at: from + Math.min(latest, middle), frames, fromKey: seconds / count >= KEY_SECONDS };
  });
}

import type { ComparedSource } from '../../types.ts';
import type { Sample } from './compare-args.ts';

/*
 * Costs in frames of the output, measured with x264 at 720p: to start the program of a sample and to decode up to it costs as much
 * as 20 frames. A sample is encoded, decoded and compared with its source, which costs 1.3 times as much as encoding it. The
 * first sample is encoded with two CRFs.
 */
const START_COST = 20;
const FRAME_COST = 1.3;
const SECOND_CRF_COST = 1;
/** Of the cost of the encode; a sample that is encoded again with closer CRFs comes on top. */
const SHARE = 0.14;
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
  const budget = all * SHARE;
  const countOf = (length: number) =>
    Math.floor((budget - length * SECOND_CRF_COST) / (START_COST + length * FRAME_COST));
  const count = Math.max(1, Math.min(MOST_SHORT, countOf(SHORTEST)), Math.min(MOST_SAMPLES, countOf(USUAL)));
  const affordable = Math.floor((budget - count * START_COST) / (count * FRAME_COST + SECOND_CRF_COST));
  const frames = Math.max(1, Math.min(all, LONGEST, Math.max(SHORTEST, affordable)));
  return Array.from({ length: count }, (_, index) => {
    const middle = ((index + 0.5) * seconds) / count;
    const latest = Math.max(0, seconds - frames / frameRate);
    return { at: from + Math.min(latest, middle), frames, fromKey: seconds / count >= KEY_SECONDS };
  });
}

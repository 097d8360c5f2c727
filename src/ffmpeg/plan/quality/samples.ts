import type { ComparedSource } from '../../types.ts';
import type { Sample } from './compare-args.ts';

/*
 * Costs in encoded frames of the output, measured with x264 at 720p. Starting the program of a sample and decoding up to the sample costs
 * as much as 20 frames. Encoding, decoding and comparing a sample costs 1.3 times as much as encoding it. The first sample is encoded with
 * two CRFs.
 */
const START_COST = 20;
const FRAME_COST = 1.3;
const SECOND_CRF_COST = 1;
/** Maximum cost of all samples as a share of the cost of the encode. Encoding a sample again with closer CRFs is not included. */
const SHARE = 0.14;
/**
 * Minimum, usual and maximum frames of a sample. An encoder spends bits with regard to the following frames, so a longer sample represents
 * the output better.
 */
const [SHORTEST, USUAL, LONGEST] = [8, 16, 48];
/**
 * Maximum number of samples of the usual length, and of shorter samples. Several short samples are better than few long samples, because
 * scenes differ more than frames.
 */
const [MOST_SAMPLES, MOST_SHORT] = [12, 3];
/** Seconds between samples from which each sample begins at a key frame. Encoders write a key frame at least every ten seconds. */
const KEY_SECONDS = 20;

/** Distributes samples evenly over the part of the source that the output shows. Empty if the source's duration is not known. */
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

import type { TargetMetric } from '../../../contract/metrics.ts';
import type { TargetRequest } from '../../../contract/transcode-request.ts';

/*
 * The search for a CRF. A lower CRF means a better quality and a larger file. In decibels, quality falls almost linearly with the CRF.
 * XPSNR is in decibels. SSIM is converted to decibels as -10 log10(1 - SSIM).
 */

/** The quality of a sample at a CRF, in the unit of the metric. */
export interface Point {
  crf: number;
  quality: number;
}

/** The quality of a sample at one or more CRFs. */
export type Sampled = readonly Point[];

interface CrfScale {
  least: number;
  most: number;
  step: number;
  /** The CRF at which videos usually have an SSIM of 0.98 or an XPSNR of 40. */
  usual: number;
  /** Decibels that raising the CRF by 1 usually costs. */
  slope: number;
}

/** CRF ranges of the encoders that can have a target. */
const SCALES: Readonly<Record<string, CrfScale>> = {
  libx264: { least: 6, most: 45, step: 0.25, usual: 26, slope: 0.45 },
  libx265: { least: 6, most: 45, step: 0.25, usual: 28, slope: 0.45 },
  libsvtav1: { least: 8, most: 60, step: 1, usual: 36, slope: 0.25 },
  'libvpx-vp9': { least: 8, most: 60, step: 1, usual: 34, slope: 0.25 },
};
/** Decibels by which samples may be better than the video. */
const MARGIN: Readonly<Record<TargetMetric, number>> = { ssim: 0.2, xpsnr: 0.25 };
const USUAL_DECIBELS: Readonly<Record<TargetMetric, number>> = { ssim: 17, xpsnr: 40 };
/** Distance of the first two CRFs of a search, and of two CRFs near an estimate. */
const [FIRST_BRACKET, BRACKET] = [8, 3];
/** Distance beyond two CRFs up to which the line through their qualities is accurate enough. */
const REACH = 5;
const [LEAST_SLOPE, MOST_SLOPE] = [0.05, 1.5];

export function scaleOf(encoder: string): CrfScale {
  const scale = SCALES[encoder];
  if (!scale) throw new Error(`no CRF can be searched for ${encoder}`);
  return scale;
}

/**
 * Returns the CRFs with which the next sample is encoded. The first sample gets two CRFs, which show how much quality a CRF costs in this
 * source. Each later sample gets the best guess so far.
 */
export function nextCrfs(encoder: string, target: TargetRequest, samples: readonly Sampled[]): number[] {
  const scale = scaleOf(encoder);
  if (samples.length > 0) return [chooseCrf(encoder, target, samples)];
  const decibels = USUAL_DECIBELS[target.metric] - toDecibels(target.metric, target.atLeast);
  return around(scale.usual + decibels / scale.slope, FIRST_BRACKET, scale);
}

/**
 * Returns further CRFs for the newest sample if its CRFs are far from the CRF that it suggests: two CRFs for the first sample, and one CRF
 * for a later sample. Returns null if the CRFs are near enough.
 */
export function closerCrfs(encoder: string, target: TargetRequest, samples: readonly Sampled[]): number[] | null {
  const newest = samples.at(-1)!;
  const scale = withSlope(target.metric, samples, scaleOf(encoder));
  const near = highestCrf(target, [newest], scale);
  const crfs = newest.map(({ crf }) => crf);
  if (near >= Math.min(...crfs) - REACH && near <= Math.max(...crfs) + REACH) return null;
  return samples.length > 1 ? [near] : around(near, BRACKET, scale);
}

/** Returns the highest CRF at which the samples reach the target together, with a margin. */
export function chooseCrf(
  encoder: string,
  target: Pick<TargetRequest, 'metric' | 'atLeast'>,
  samples: readonly Sampled[],
): number {
  return highestCrf(target, samples, withSlope(target.metric, samples, scaleOf(encoder)));
}

function highestCrf(
  { metric, atLeast }: Pick<TargetRequest, 'metric' | 'atLeast'>,
  samples: readonly Sampled[],
  scale: CrfScale,
): number {
  const wanted = fromDecibels(metric, toDecibels(metric, atLeast) + MARGIN[metric]);
  const steps = Math.floor((scale.most - scale.least) / scale.step);
  for (let index = steps; index > 0; index--) {
    const crf = scale.least + index * scale.step;
    const qualities = samples.map((points) => qualityAt(metric, points, crf, scale));
    if (qualities.reduce((sum, quality) => sum + quality, 0) / qualities.length >= wanted) return crf;
  }
  return scale.least;
}

/** Returns a lower CRF with which a video that missed its target should reach the target. Returns null if the CRF is already the lowest. */
export function betterCrf(
  encoder: string,
  { metric, atLeast }: Pick<TargetRequest, 'metric' | 'atLeast'>,
  missed: Point,
  samples: readonly Sampled[],
): number | null {
  const scale = withSlope(metric, samples, scaleOf(encoder));
  const missing = toDecibels(metric, atLeast) - toDecibels(metric, missed.quality) + MARGIN[metric];
  const slopes = samples.map((points) => slopeAt(metric, points, missed.crf, scale));
  const slope = slopes.length === 0 ? scale.slope : slopes.reduce((sum, one) => sum + one, 0) / slopes.length;
  const crf = missed.crf - Math.max(scale.step, Math.ceil(missing / slope / scale.step) * scale.step);
  const better = Math.max(scale.least, crf);
  return better < missed.crf ? better : null;
}

/** Returns the quality at a CRF, on the lines between the points and on the continuation of these lines. */
function qualityAt(metric: TargetMetric, points: Sampled, crf: number, scale: CrfScale): number {
  const near = nearest(points, crf);
  return fromDecibels(
    metric,
    toDecibels(metric, near.quality) - (crf - near.crf) * slopeAt(metric, points, crf, scale),
  );
}

/** Returns the decibels lost per CRF between the two points around a CRF, or between the two nearest points. */
function slopeAt(metric: TargetMetric, points: Sampled, crf: number, { slope }: CrfScale): number {
  const sorted = [...points].sort((a, b) => a.crf - b.crf);
  const above = sorted.findIndex((point) => point.crf >= crf);
  const upper = above < 0 ? sorted.length - 1 : Math.max(1, above);
  const [low, high] = [sorted[upper - 1], sorted[upper]];
  if (!low || !high || high.crf === low.crf) return slope;
  const found = (toDecibels(metric, low.quality) - toDecibels(metric, high.quality)) / (high.crf - low.crf);
  return clamp(found, LEAST_SLOPE, MOST_SLOPE);
}

/** Returns the scale with the slope of this source near the current CRF, if a sample has two CRFs. */
function withSlope(metric: TargetMetric, samples: readonly Sampled[], scale: CrfScale): CrfScale {
  const known = samples.filter((points) => points.length > 1);
  if (known.length === 0) return scale;
  const slopes = known.map((points) => slopeAt(metric, points, points.at(-1)!.crf, scale));
  return { ...scale, slope: slopes.reduce((sum, one) => sum + one, 0) / slopes.length };
}

function nearest(points: Sampled, crf: number): Point {
  return points.reduce((best, point) => (Math.abs(point.crf - crf) < Math.abs(best.crf - crf) ? point : best));
}

/** Maximum SSIM that is converted to decibels: 60 dB. */
const MOST_SSIM = 1 - 1e-6;

function toDecibels(metric: TargetMetric, quality: number): number {
  return metric === 'ssim' ? -10 * Math.log10(1 - Math.min(MOST_SSIM, quality)) : quality;
}

function fromDecibels(metric: TargetMetric, decibels: number): number {
  return metric === 'ssim' ? 1 - 10 ** (-decibels / 10) : decibels;
}

function around(crf: number, bracket: number, { step, least, most }: CrfScale): [number, number] {
  const low = clamp(onGrid(crf - bracket / 2, step), least, most - bracket);
  return [low, low + bracket];
}

function onGrid(value: number, step: number): number {
  return Math.round(value / step) * step;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

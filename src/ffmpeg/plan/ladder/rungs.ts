import { bitsPerSecond } from '../../../contract/bit-rate.ts';
import type { LadderCodec } from '../../../contract/formats.ts';
import type { LadderRequest, RungRequest } from '../../../contract/transcode-request.ts';
import type { PlanWarning, RungRate } from '../../types.ts';
import { fitShortSide, type Size, shortSide } from '../geometry.ts';

/** A planned rendition of a ladder. */
export interface Rung {
  /** Name of the rendition's directory in the ladder. */
  name: string;
  codec: LadderCodec;
  size: Size;
  /** Maximum bits per second that the encoder may use for a short time. */
  maxBitRate: number;
  /** Average bits per second that the request asks for; null = a constant quality. */
  bitRate: number | null;
}

/** Short sides of the rungs of `auto`. Each rung has about half the pixels of the previous rung. */
const AUTO_HEIGHTS = [2160, 1440, 1080, 720, 540, 360] as const;
/** A source gets a rung of its own size if its short side is at least this factor times the largest `AUTO_HEIGHTS` that fits. */
const OWN_SIZE_FACTOR = 1.2;

/**
 * Bit rates of H.264 at 30 frames per second by short side, in bits per second. They are the highest rates for most heights in Apple's "HLS
 * Authoring Specification for Apple Devices". The rate of 2160 is derived from the rate of 1080, because a rate grows with the power 0.75
 * of the number of pixels. Between two rows, the logarithm of the rate grows with the logarithm of the height.
 */
const H264_RATES = [
  [234, 145_000],
  [432, 1_100_000],
  [540, 2_000_000],
  [720, 4_500_000],
  [1080, 7_800_000],
  [2160, 22_000_000],
] as const;
/**
 * The factor of the rate of H.264 at which a codec looks as good as H.264. The factor of HEVC is from the same specification. The factors
 * of AV1 and VP9 are from Airlock's own measurements of encoders.
 */
const CODEC_FACTORS: Readonly<Record<LadderCodec, number>> = { h264: 1, hevc: 0.75, av1: 0.65, vp9: 0.8 };
const REFERENCE_RATE = 30;

/**
 * Bits per second below which a smaller rung isn't needed: Apple's specification recommends this rate for the first rendition on
 * cellular networks.
 */
const ENOUGH_RATE = 730_000;
/** A rung that needs more than this share of the rate of the next larger rung is omitted, because it saves too little. */
const WORTH_SHARE = 0.6;
/**
 * The factor by which the rest of a source may be harder than its hardest sample, and the lower bound of a rung's maximum bit rate as a
 * share of its usual rate.
 */
const [MOST_FACTOR, LEAST_SHARE] = [3, 0.5];

/**
 * Chooses the renditions for a source of this size, the largest first. No rendition is larger than the source. With the rates of samples,
 * `auto` leaves out the rungs that an easy source does not need.
 * @param most maximum short side of a rendition; null = the short side of the source
 */
export function chooseRungs(
  ladder: LadderRequest,
  source: Size,
  frameRate: number,
  rates: readonly RungRate[] = [],
  most: number | null = null,
): { rungs: Rung[]; warnings: PlanWarning[] } {
  const own = shortSide(fitShortSide(source, most, true));
  const { requests, warnings } = ladder.rungs === 'auto' ? autoRungs(own, rates) : requestedRungs(ladder.rungs, own);
  const rungs = requests.map(({ height, bitrate, codec = 'h264' }): Rung => {
    const bitRate = bitrate === undefined ? null : bitsPerSecond(bitrate);
    return {
      name: codec === 'h264' ? `${height}p` : `${height}p-${codec}`,
      codec,
      size: fitShortSide(source, height, true),
      bitRate,
      maxBitRate: bitRate === null ? highestRate(height, codec, frameRate, rates) : Math.round(bitRate * PEAK_FACTOR),
    };
  });
  return { rungs: rungs.sort((a, b) => b.size.height * b.size.width - a.size.height * a.size.width), warnings };
}

/** The factor by which an encoder may exceed an average bit rate for a short time. */
const PEAK_FACTOR = 1.25;

/** Returns the heights of `auto` for a source whose short side is `own`, the largest first. */
export function autoHeights(own: number): number[] {
  const heights: number[] = AUTO_HEIGHTS.filter((height) => height <= own);
  return own >= OWN_SIZE_FACTOR * (heights[0] ?? 0) ? [own, ...heights] : heights;
}

function autoRungs(own: number, rates: readonly RungRate[]): { requests: RungRequest[]; warnings: PlanWarning[] } {
  const kept: RungRequest[] = [];
  let above = Number.POSITIVE_INFINITY;
  for (const height of autoHeights(own)) {
    const rate = rates.find((one) => one.height === height);
    if (rate && kept.length > 0 && (above <= ENOUGH_RATE || rate.mean > WORTH_SHARE * above)) continue;
    kept.push({ height });
    above = rate?.mean ?? above;
  }
  return { requests: kept, warnings: [] };
}

/** Returns the bits per second that a rung without a bit rate may use for a short time. */
function highestRate(height: number, codec: LadderCodec, frameRate: number, rates: readonly RungRate[]): number {
  const usual = usualRate(height, codec, frameRate);
  const rate = rates.find((one) => one.height === height);
  return rate ? Math.round(Math.min(usual, Math.max(LEAST_SHARE * usual, MOST_FACTOR * rate.most))) : usual;
}

/** Drops repeated rungs, and rungs larger than the source, with a warning for each. */
function requestedRungs(
  rungs: readonly RungRequest[],
  own: number,
): { requests: RungRequest[]; warnings: PlanWarning[] } {
  const requests: RungRequest[] = [];
  const warnings: PlanWarning[] = [];
  for (const [index, rung] of rungs.entries()) {
    const isRepeated = rungs
      .slice(0, index)
      .some(({ height, codec = 'h264' }) => height === rung.height && codec === (rung.codec ?? 'h264'));
    const drop = (why: string) =>
      warnings.push({ field: `ladder[${index}]`, message: `The rendition of ${rung.height} was dropped: ${why}.` });
    if (isRepeated) drop('the ladder contains it twice');
    else if (rung.height > own) drop(`the short side of the source has ${own} pixels`);
    else requests.push(rung);
  }
  if (requests.length > 0) return { requests, warnings };
  const { codec } = rungs[0]!;
  warnings.push({
    field: 'ladder',
    message: `All renditions are larger than the source, so the ladder has a single rendition of ${own}.`,
  });
  return { requests: [{ height: own, ...(codec && { codec }) }], warnings };
}

/** Returns the bits per second up to which a rendition of that height improves visibly. */
function usualRate(height: number, codec: LadderCodec, frameRate: number): number {
  const above = H264_RATES.findIndex(([row]) => row >= height);
  const upper = above < 0 ? H264_RATES.length - 1 : Math.max(1, above);
  const [low, lowRate] = H264_RATES[upper - 1]!;
  const [high, highRate] = H264_RATES[upper]!;
  const power = Math.log(highRate / lowRate) / Math.log(high / low);
  const rate = lowRate * (height / low) ** power;
  // At twice the frame rate, frames differ less, so they need less than twice the bits.
  return Math.round(rate * CODEC_FACTORS[codec] * Math.sqrt(Math.max(1, frameRate / REFERENCE_RATE)));
}

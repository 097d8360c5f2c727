import type { JobPlan, PlanInput } from '../types.ts';

/** The properties of an output that determine its cost; see `Workload`. */
interface Encode {
  encoded: { encoder: string; preset: string | null; width: number; height: number; frameRate: number } | null;
  filterCpuPerSecond?: number;
  durationSeconds: number | null;
  still: boolean;
}

/** Maximum CPU seconds of a brief encode. On two cores, such an encode takes about two seconds. */
const BRIEF_CPU_SECONDS = 3;

/**
 * Nanoseconds of CPU time per encoded pixel, without the decode. Each value is the larger of two measurements: two seconds of the benchmark
 * clip `mosaic` (1080p), and two seconds of `ocean` (720p), on two cores of an AMD EPYC.
 */
const X264_NS: Readonly<Record<string, number>> = {
  ultrafast: 4,
  superfast: 8,
  veryfast: 10,
  faster: 19,
  fast: 24,
  medium: 27,
  slow: 40,
  slower: 75,
  veryslow: 140,
};
/** Nanoseconds per pixel of other encoders at slow settings. Settings change the cost of these encoders by more than a factor of ten. */
const OTHER_NS = 300;
/** Nanoseconds per pixel of a decoder (measured: 5) and of the conversion to the size of the output. */
const DECODE_NS = 6;
/** Assumed frames per second of a stream that declares no rate. */
const ASSUMED_RATE = 60;

/**
 * Estimates the CPU seconds that a command needs for its outputs. (`cpuSeconds` is the limit at which the command is stopped.)
 * Returns null for a still picture, or if the duration of an output is unknown. Noise needs up to eight times the estimate.
 */
export function expectedCpuSeconds(works: readonly Encode[]): number | null {
  let sum = 0;
  for (const { encoded, filterCpuPerSecond = 0, durationSeconds, still } of works) {
    if (still || durationSeconds === null) return null;
    const encode = encoded ? pixelsPerSecond(encoded) * nanosecondsOf(encoded) * 1e-9 : 0;
    sum += durationSeconds * (encode + filterCpuPerSecond);
  }
  return sum;
}

/**
 * Whether the commands of a plan together need few CPU seconds, and each command fits into `memoryBytes`. Counts a decode of each complete
 * input, because filters may read all of an input for a short output. If the output is longer than an input, counts a decode of the
 * output's duration.
 */
export function isBrief({ commands }: JobPlan, inputs: readonly PlanInput[], memoryBytes: number): boolean {
  let sum = 0;
  for (const { expectedCpuSeconds: encode, durationSeconds, memoryBytes: needed } of commands) {
    if (encode === null || durationSeconds === null || needed > memoryBytes) return false;
    for (const input of inputs) {
      const decode = decodeSeconds(input, durationSeconds);
      if (decode === null) return false;
      sum += decode;
    }
    sum += encode;
  }
  return sum <= BRIEF_CPU_SECONDS;
}

function decodeSeconds({ info }: PlanInput, outputSeconds: number): number | null {
  // A tone map of HDR costs more than most encodes do.
  if (info.durationSeconds === null || info.video.some(({ isHdr }) => isHdr)) return null;
  const rate = info.video.reduce((all, stream) => all + pixelsPerSecond(stream), 0);
  return Math.max(info.durationSeconds, outputSeconds) * rate * DECODE_NS * 1e-9;
}

function nanosecondsOf({ encoder, preset }: NonNullable<Encode['encoded']>): number {
  if (encoder === 'libx264') return X264_NS[preset ?? 'medium'] ?? X264_NS.veryslow!;
  return OTHER_NS;
}

function pixelsPerSecond({ width, height, frameRate }: { width: number; height: number; frameRate: number | null }) {
  return width * height * (frameRate ?? ASSUMED_RATE);
}

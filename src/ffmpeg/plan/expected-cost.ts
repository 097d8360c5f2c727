import type { JobPlan, PlanInput } from '../types.ts';

/** What of an output decides its cost; see `Workload`. */
interface Encode {
  encoded: { encoder: string; preset: string | null; width: number; height: number; frameRate: number } | null;
  filterCpuPerSecond?: number;
  durationSeconds: number | null;
  still: boolean;
}

/** CPU seconds up to which an encode is brief: on two cores it ends within about two seconds. */
const BRIEF_CPU_SECONDS = 3;

/**
 * Nanoseconds of CPU time per encoded pixel, without the decode. The most of two seconds each of the clips `mosaic` (1080p)
 * and `ocean` (720p) of the benchmarks, on two cores of an AMD EPYC.
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
/** The same of other encoders at slow settings. Their settings change the cost by more than ten times. */
const OTHER_NS = 300;
/** The same of a decoder (5 measured), and of the conversion to the size of the output. */
const DECODE_NS = 6;
/** Frames per second of a stream that declares none. */
const ASSUMED_RATE = 60;

/**
 * CPU seconds that a command is expected to need for its outputs, unlike `cpuSeconds`, at which it is stopped. Null if
 * the duration of an output is unknown. Noise needs up to eight times as much.
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
 * Whether the commands of a plan end in a moment and each fits into `memoryBytes`. Counts a decode of each complete
 * input, or of the duration of the output if that is longer: filters may read all of an input for a short output.
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
  // A tone map of HDR costs more than most encodes.
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

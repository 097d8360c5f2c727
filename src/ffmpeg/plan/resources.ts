import type { PlanContext, ResourceClass } from '../types.ts';
import { expectedCpuSeconds } from './expected-cost.ts';

/** Maximum bytes of a finished output. It equals the upload limit, so that an output can be an input again. */
export const MAX_OUTPUT_BYTES = 2_048_576_000;
/** Bytes by which the outputs may exceed `-fs`, because of the poll interval of the output folder and an index at the end. */
const OUTPUT_SLACK_BYTES = 64 * 2 ** 20;
/** Maximum seconds of an output, the same as of an input. */
export const MAX_OUTPUT_SECONDS = 12 * 3600;

const MIN_WALL_SECONDS = 60;
const MAX_WALL_SECONDS = 6 * 3600;
const MIN_MEMORY_BYTES = 128 * 2 ** 20;

/** Frames that x264 keeps in buffers, by preset: the first number, plus the second number for each thread. */
const X264_FRAMES: Readonly<Record<string, readonly [number, number]>> = {
  ultrafast: [16, 4],
  superfast: [46, 10],
  veryfast: [56, 10],
  faster: [76, 11],
  fast: [96, 12],
  medium: [116, 12],
  slow: [136, 14],
  slower: [156, 14],
  veryslow: [186, 16],
};
const ENCODER_FRAMES: Readonly<Record<string, number>> = {
  libsvtav1: 235,
  libx265: 160,
  'libvpx-vp9': 105,
  libvpx: 105,
  // Measured: 530 MB for a 1080p GIF. Frames that wait for the palette use 256 MB of these.
  gif: 60,
};
const OTHER_FRAMES = 20;
const STILL_FRAMES = 3;

/**
 * CPU seconds of an encoder per second of 1080p30. The values are generous, because they set the limit at which a job is killed, not its
 * expected cost.
 */
const CPU_PER_SECOND: Readonly<Record<string, number>> = { libx264: 20, libx265: 40, libsvtav1: 40, 'libvpx-vp9': 40 };
const OTHER_CPU_PER_SECOND = 12;
const REFERENCE_PIXEL_RATE = 1920 * 1080 * 30;

export interface Workload {
  /** Video streams that are decoded. */
  decoded: readonly { width: number; height: number; bitDepth: number }[];
  /** Null = no video is encoded. */
  encoded: {
    encoder: string;
    preset: string | null;
    width: number;
    height: number;
    bitDepth: number;
    frameRate: number;
  } | null;
  /** Bytes of frames in filters. HDR conversion works in 32-bit float, and a palette waits for its frames. */
  filterBytes: number;
  /** CPU seconds that the caller's filters need for one second of media. */
  filterCpuPerSecond?: number;
  /** Seconds of the output; null = unknown. */
  durationSeconds: number | null;
  /** Whether the output is a single picture. */
  still: boolean;
  /** Seconds of the inputs that may be decoded for the output; absent = the output's duration, or ten seconds for a picture. */
  decodeSeconds?: number;
}

export interface Resources {
  memoryBytes: number;
  cpuWeight: number;
  wallMs: number;
  cpuSeconds: number;
  /** See `Plan.expectedCpuSeconds`. */
  expectedCpuSeconds: number | null;
  outputBytes: number;
}

/**
 * Computes the limits of a command that makes one output for each workload from one decode. Memory is an estimate, multiplied by 1.2 as a
 * margin. `outputBytes` = bound of all outputs together.
 */
export function resourcesFor(works: readonly Workload[], outputBytes: number, ctx: PlanContext): Resources {
  const decoded = works.length === 1 ? works[0]!.decoded : [...new Set(works.flatMap((work) => work.decoded))];
  const memory =
    60 * 2 ** 20 + sumOf(decoded, (frame) => 14 * frameBytes(frame)) + sumOf(works, (work) => encodeBytes(work, ctx));
  const decodeRate = Math.max(0, ...decoded.map((frame) => frame.width * frame.height * 30));
  const longest = Math.max(...works.map(secondsOf));
  const seconds = longest * (0.5 + (4 * decodeRate) / REFERENCE_PIXEL_RATE) + sumOf(works, encodeSeconds);
  const wall = clamp(MIN_WALL_SECONDS + seconds, MIN_WALL_SECONDS, MAX_WALL_SECONDS);
  return {
    memoryBytes: Math.max(MIN_MEMORY_BYTES, Math.ceil(memory * 1.2)),
    cpuWeight: Math.max(...works.map((work) => cpuWeight(work, ctx))),
    wallMs: Math.ceil(wall * 1000),
    cpuSeconds: Math.ceil(wall * Math.max(1, ctx.cores)),
    expectedCpuSeconds: expectedCpuSeconds(works),
    outputBytes: outputBytes + OUTPUT_SLACK_BYTES,
  };
}

/**
 * Returns the seconds of media that a workload decodes. An unknown duration may be as long as the longest allowed input, but counts as an
 * hour, which is typical of a live recording without an index.
 */
function secondsOf(work: Workload): number {
  if (work.decodeSeconds !== undefined) return Math.max(10, work.decodeSeconds);
  return work.still ? 10 : (work.durationSeconds ?? 3600);
}

/** Returns the CPU seconds of encoder and filters. */
function encodeSeconds(work: Workload): number {
  const { encoded, filterCpuPerSecond = 0 } = work;
  const pixelRate = encoded ? encoded.width * encoded.height * encoded.frameRate : 0;
  const cost = encoded ? (CPU_PER_SECOND[encoded.encoder] ?? OTHER_CPU_PER_SECOND) : 0;
  return secondsOf(work) * ((cost * pixelRate) / REFERENCE_PIXEL_RATE + filterCpuPerSecond);
}

/** Returns the bytes of frames in encoder and filters. */
function encodeBytes({ encoded, filterBytes, still }: Workload, ctx: PlanContext): number {
  if (!encoded) return filterBytes;
  const threads = ctx.resourceClass === 'heavy' ? Math.ceil(1.5 * ctx.cores) : 2;
  const frames = still ? STILL_FRAMES : encoderFrames(encoded, threads);
  return filterBytes + frames * frameBytes(encoded);
}

function sumOf<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((sum, item) => sum + of(item), 0);
}

function cpuWeight(work: Workload, ctx: PlanContext): number {
  if (!work.encoded || work.still) return Math.min(1, ctx.cores);
  return ctx.resourceClass === 'heavy' ? ctx.cores : Math.min(1.7, ctx.cores);
}

function encoderFrames(encoded: NonNullable<Workload['encoded']>, threads: number): number {
  if (encoded.encoder === 'libx264') {
    const [base, each] = X264_FRAMES[encoded.preset ?? 'medium'] ?? X264_FRAMES.veryslow!;
    return base + each * threads;
  }
  return ENCODER_FRAMES[encoded.encoder] ?? OTHER_FRAMES;
}

/** Returns the bytes of one 4:2:0 frame. Samples of more than 8 bits take two bytes each. */
function frameBytes(frame: { width: number; height: number; bitDepth: number }): number {
  return 1.5 * frame.width * frame.height * (frame.bitDepth > 8 ? 2 : 1);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/**
 * Returns the number of threads of decoder, filters and encoder; null = FFmpeg chooses. Heavy jobs run alone, and are bounded only on large
 * machines, because every x264 thread costs memory and quality. Light video jobs get two threads. On two cores without other jobs, a
 * 1-second clip 720p → 480p took 0.30 s with one thread, 0.26 s with two threads and 0.26 s with all threads, for the same CPU seconds
 * (medians of 5). A service that is idle most of the time should respond as fast as plain FFmpeg. Audio and stills need only one thread.
 */
export function threadsFor(resourceClass: ResourceClass, cores: number, isVideo: boolean): number | null {
  if (!isVideo) return 1;
  if (resourceClass === 'light') return Math.min(2, Math.max(1, Math.floor(cores)));
  return cores > 16 ? 16 : null;
}

import { type FrameTiming, frameTiming } from '../../ffmpeg/plan/time/frame-timing.ts';
import type { FileBytes } from '../file-bytes.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { readCues } from './cues.ts';
import { elementReader, makeElement } from './ebml.ts';
import { type BlockTimes, blockTimes } from './frame-times.ts';
import type { MatroskaHead } from './matroska-head.ts';
import { ID } from './schema.ts';
import { frameDurationOf } from './track-info.ts';
import { declareFrameDurations } from './tracks.ts';

/* Files of recorders in browsers declare neither a frame rate nor, if they were written in parts, a duration. */

/** Number of frames that show whether the frames have the declared rate. */
const SAMPLED_FRAMES = 600;
/** Maximum relative difference between the declared rate and a rate that the frames have. */
const SAME_RATE = 0.01;
/** Airlock declares the duration of the video if the video ends more than this number of seconds before the file. */
const EARLY_SECONDS = 1;

/** A head that declares the frame rate of every video track and the duration, and the timing of the tracks by their numbers. */
interface TimedHead {
  head: MatroskaHead;
  timings: ReadonlyMap<number, FrameTiming>;
}

/**
 * Adds the frame rates and the duration that a complete file does not declare, from the times of its blocks. Reads only some blocks if the
 * file declares both, and its first frames have the declared rate.
 */
export function declareTimes(file: FileBytes, head: MatroskaHead): TimedHead {
  const video = head.tracks.described.filter(({ isVideo }) => isVideo);
  if (video.length === 0) return { head, timings: new Map() };
  const numbers = video.map(({ number }) => number);
  const declared = video.map(({ values }) => (values ? frameDurationOf(values) : null));
  const isDeclared = head.duration !== null && !declared.includes(null);
  if (isDeclared) {
    const timings = timingsOf(blockTimes(file, head, numbers, SAMPLED_FRAMES), head);
    const isSteady = numbers.every((number, index) => hasRate(timings.get(number), 1e9 / declared[index]!));
    if (isSteady) return { head, timings: withEnds(timings, lastTimes(file, head, numbers), head) };
  }
  const times = blockTimes(file, head, numbers);
  const timings = withEnds(timingsOf(times, head), times, head);
  const missing = numbers.flatMap((number, index): [number, number][] => {
    const rate = timings.get(number)?.nominalRate;
    return declared[index] === null && rate ? [[number, Math.round(1e9 / rate)]] : [];
  });
  const tracks = missing.length > 0 ? declareFrameDurations(head.tracks, new Map(missing)) : head.tracks;
  return { head: { ...withDuration(head, times, timings), tracks }, timings };
}

/** Throws `NotRewritable` if a head does not declare its duration and the frame rate of its video. */
export function requireTimes({ duration, tracks }: MatroskaHead): void {
  const isTimed = tracks.described.every(
    ({ isVideo, values }) => !isVideo || !values || frameDurationOf(values) !== null,
  );
  if (duration === null || !isTimed) throw new NotRewritable('does not declare its frame rate and its duration');
}

function timingsOf({ frames }: BlockTimes, { secondsPerTick }: MatroskaHead): Map<number, FrameTiming> {
  return new Map([...frames].map(([number, times]) => [number, frameTiming(times, 1 / secondsPerTick)]));
}

/** Returns the times of the last blocks of video, from the last key frame that the file lists on; null if it does not list its key frames. */
function lastTimes(file: FileBytes, head: MatroskaHead, numbers: readonly number[]): BlockTimes | null {
  try {
    const cue = readCues(elementReader(file), head, numbers[0]!).at(-1);
    return cue ? blockTimes(file, { mediaAt: cue.cluster, limit: head.limit }, numbers) : null;
  } catch (error) {
    if (error instanceof NotRewritable || error instanceof Rejected || error instanceof RangeError) return null;
    throw error;
  }
}

/** Adds the duration of video that ends long before the file, because its sound or its subtitles are longer. */
function withEnds(
  timings: Map<number, FrameTiming>,
  times: BlockTimes | null,
  { duration, secondsPerTick }: MatroskaHead,
): Map<number, FrameTiming> {
  for (const [track, timing] of timings) {
    const last = times?.frames.get(track)?.at(-1);
    if (last === undefined || duration === null) continue;
    const seconds = last * secondsPerTick + 1 / (timing.nominalRate ?? Number.POSITIVE_INFINITY);
    if (duration * secondsPerTick - seconds > EARLY_SECONDS) {
      timings.set(track, { ...timing, durationSeconds: Number(seconds.toFixed(6)) });
    }
  }
  return timings;
}

function hasRate(timing: FrameTiming | undefined, declared: number): boolean {
  if (!timing?.hasConstantRate || timing.nominalRate === null) return false;
  return Math.abs(timing.nominalRate / declared - 1) <= SAME_RATE;
}

/** Adds the end of the last frame as the duration. */
function withDuration(head: MatroskaHead, { latest }: BlockTimes, timings: TimedHead['timings']): MatroskaHead {
  if (head.duration !== null || latest <= 0) return head;
  const [rate = null] = [...timings.values()].map(({ nominalRate }) => nominalRate);
  const duration = latest + (rate ? 1 / (rate * head.secondsPerTick) : 0);
  const value = Buffer.alloc(8);
  value.writeDoubleBE(duration);
  return { ...head, duration, info: [...head.info, makeElement(ID.duration, value)] };
}

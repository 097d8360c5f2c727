import type { MediaInfo } from '../../types.ts';
import { nearestRate } from './usual-rates.ts';

/** Frame rate of a stream, and whether it is constant. */
export interface FrameTiming {
  /** Frames per second while the picture changes, for example 30 for a screen recording with pauses; null = unknown. */
  nominalRate: number | null;
  /** Whether every frame is within a millisecond of its time at a constant rate. */
  hasConstantRate: boolean;
  /** Seconds until the end of the last frame; absent = unknown, or the stream lasts as long as its file. */
  durationSeconds?: number;
}

/** Maximum distance in seconds of a frame from its time at a constant rate. Containers round times to milliseconds. */
const MAX_OFF = 0.001;
/** Minimum interval in seconds. A recorder that was suspended for a moment writes frames that follow each other immediately. */
const MIN_INTERVAL = 0.004;
/** Number of consecutive intervals that are averaged. Recorders of browsers write single frames up to 15 ms early or late. */
const WINDOW = 8;
/** Share of the windows that are at least as fast as the nominal rate. The rest may be pauses. */
const FAST_SHARE = 0.05;
/** Relative difference of windows that belong to the same rate. */
const SAME_RATE = 0.12;
/** Maximum relative difference from a known rate to which a rate of irregular frames is rounded. */
const IRREGULAR_TOLERANCE = 0.08;
/** The same for an exact rate. The interval of 30000/1001 frames per second differs from the interval of 30 by 0.1 %. */
const EXACT_TOLERANCE = 0.0004;

/** Derives the timing from the times at which frames are presented, in rising order and in units of `1 / timescale` seconds. */
export function frameTiming(times: Float64Array, timescale: number): FrameTiming {
  const constant = constantRate(times, timescale);
  if (constant !== null) return { nominalRate: constant, hasConstantRate: true };
  return { nominalRate: fastRate(times, timescale), hasConstantRate: false };
}

/** Returns the rate at which no frame is more than a millisecond off; null if there is none. */
function constantRate(times: Float64Array, timescale: number): number | null {
  const intervals = times.length - 1;
  const units = intervals < 1 ? 0 : times[intervals]! - times[0]!;
  if (units <= 0) return null;
  const average = (intervals * timescale) / units;
  // The first and the last time may be rounded, so a known rate that fits is the better guess.
  const known = nearestRate(average, (2 * MAX_OFF * timescale) / units);
  return [known, average].find((rate) => rate !== null && isConstant(times, timescale, rate)) ?? null;
}

function isConstant(times: Float64Array, timescale: number, rate: number): boolean {
  const [first] = times as unknown as [number];
  const step = timescale / rate;
  const most = Math.min(MAX_OFF * timescale, step / 4);
  return times.every((time, index) => Math.abs(time - first - index * step) <= most);
}

/** Returns the rate of the fastest parts. */
function fastRate(all: Float64Array, timescale: number): number | null {
  let last = Number.NEGATIVE_INFINITY;
  const times = all.filter((time) => {
    const isSeparate = time - last >= MIN_INTERVAL * timescale;
    if (isSeparate) last = time;
    return isSeparate;
  });
  const width = Math.min(WINDOW, times.length - 1);
  if (width < 1) return null;
  const spans = new Float64Array(times.length - width);
  for (let index = 0; index < spans.length; index++) spans[index] = times[index + width]! - times[index]!;
  const sorted = spans.sort();
  const fast = sorted[Math.floor((sorted.length - 1) * FAST_SHARE)]!;
  const similar = sorted.filter((span) => Math.abs(span / fast - 1) <= SAME_RATE);
  const rate = (width * timescale) / (similar.reduce((sum, span) => sum + span, 0) / similar.length);
  return nearestRate(rate, EXACT_TOLERANCE) ?? nearestRate(rate, IRREGULAR_TOLERANCE) ?? rate;
}

/** Adds the timings of the video streams, in the order of the file, to a description that lacks the times of most frames. */
export function withTimings(info: MediaInfo, timings: readonly FrameTiming[] | null): MediaInfo {
  if (timings?.length !== info.video.length) return info;
  return { ...info, video: info.video.map((stream, index) => ({ ...stream, ...timings[index] })) };
}

/** Sets the duration of a file and of its streams, unless it is null. */
export function withDuration(info: MediaInfo, durationSeconds: number | null): MediaInfo {
  if (durationSeconds === null) return info;
  return {
    ...info,
    durationSeconds,
    bitRate: Math.round((info.sizeBytes * 8) / durationSeconds),
    video: info.video.map((stream) => ({ ...stream, durationSeconds })),
    audio: info.audio.map((stream) => ({ ...stream, durationSeconds })),
  };
}

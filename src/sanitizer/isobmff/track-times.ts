import { type FrameTiming, frameTiming } from '../../ffmpeg/plan/time/frame-timing.ts';
import { mustBe } from '../codecs/bits.ts';
import { scaled } from '../codecs/rational.ts';
import { printedSeconds } from '../streams.ts';
import { pairReader } from './gather-samples.ts';
import type { Movie, SampleTable, TextTrack, Track } from './movie.ts';

/** The values that FFmpeg derives from the sample tables and edits of a track. */
export interface TrackTimes {
  /** Bits per second; null if the rate is less than one bit per second. */
  bitRate: number | null;
  frameRate: number;
  /** Absent for audio. */
  timing?: FrameTiming;
  durationSeconds: number;
  /** Microseconds at which the presentation begins and ends. */
  start: number;
  end: number;
}

/** Returns the values that FFmpeg derives. Throws `Unclear` if FFmpeg derives times differently. */
export function trackTimes(movie: Movie, track: Track | TextTrack): TrackTimes {
  const { media, samples, edits, kind } = track;
  mustBe(samples.count > 0);
  const { timescale } = media;
  const units = sumOf(samples.durations);
  // A table of single ticks makes FFmpeg read audio differently.
  mustBe(kind === 'video' || samples.durations.length > 8 || samples.durations.readUInt32BE(4) > 1);
  const length = Math.min(units, media.duration);
  mustBe(length > 0 && Number.isSafeInteger(units));
  const bytes = samples.chunks.bytes.reduce((sum, size) => sum + size, 0);
  const bits = BigInt(bytes) * 8n * BigInt(timescale);
  mustBe(bits < 2n ** 63n);
  const { shown, empty } = edits ? editedUnits(movie, edits, timescale) : { shown: length, empty: null };
  const duration = Math.min(length, shown);
  const start = scaled(empty ?? firstOffset(samples, kind), 1_000_000, timescale);
  return {
    bitRate: Number(bits / BigInt(length)) || null,
    frameRate: (timescale * samples.count) / units,
    ...(kind === 'video' && { timing: timingOf(track) }),
    durationSeconds: printedSeconds(duration, timescale),
    start,
    end: start + scaled(duration, 1_000_000, timescale),
  };
}

/** Returns the timing of each video track. */
export function videoTimings({ tracks }: Movie): FrameTiming[] {
  return tracks.filter(({ kind }) => kind === 'video').map(timingOf);
}

function timingOf(track: Pick<Track, 'samples' | 'media'>): FrameTiming {
  return frameTiming(presentationTimes(track), track.media.timescale);
}

/** Returns the times at which the samples are presented, in rising order and in the track's time scale. */
function presentationTimes({ samples }: Pick<Track, 'samples'>): Float64Array {
  const times = new Float64Array(samples.count);
  const step = pairReader(samples.durations);
  const offset = samples.offsets ? pairReader(samples.offsets.pairs) : () => 0;
  let decoded = 0;
  for (let index = 0; index < times.length; index++) {
    times[index] = decoded + offset();
    decoded += step() >>> 0;
  }
  return times.sort();
}

/** Returns the duration in microseconds of a file with these streams. */
export function movieMicroseconds(tracks: readonly TrackTimes[]): number {
  const longest = Math.max(...tracks.map(({ start, end }) => end - start));
  const span = Math.max(...tracks.map(({ end }) => end)) - Math.min(...tracks.map(({ start }) => start));
  const microseconds = Math.max(longest, span);
  mustBe(microseconds > 0);
  return microseconds;
}

/**
 * Returns the last unit of time before the second key frame is decoded. If the presentation begins later, FFmpeg begins with the second key
 * frame.
 */
export function timeOfSecondKey({ keys, durations }: SampleTable): number {
  if (keys?.length === 4) return Number.POSITIVE_INFINITY;
  let before = keys ? keys.readUInt32BE(4) - 1 : 1;
  let time = 0;
  for (let at = 0; before > 0 && at < durations.length; at += 8) {
    const count = Math.min(before, durations.readUInt32BE(at));
    time += count * durations.readUInt32BE(at + 4);
    before -= count;
  }
  return time - 1;
}

function sumOf(durations: Buffer): number {
  let sum = 0;
  for (let at = 0; at < durations.length; at += 8) sum += durations.readUInt32BE(at) * durations.readUInt32BE(at + 4);
  return sum;
}

/** Returns the offset of the first sample, with which a stream without edits begins. */
function firstOffset({ offsets }: SampleTable, kind: (Track | TextTrack)['kind']): number {
  if (!offsets) return 0;
  mustBe(kind === 'video' && offsets.pairs.length >= 8 && offsets.pairs.readUInt32BE(0) > 0);
  return offsets.pairs.readInt32BE(4);
}

/** Returns the length of an edit list, and of the empty edits at its start, in units of the stream. */
function editedUnits(movie: Movie, edits: NonNullable<Track['edits']>, timescale: number) {
  let [shown, empty, hasBegun] = [0, 0, false];
  for (const { duration, mediaTime } of edits) {
    const units = scaled(duration, timescale, movie.timescale);
    mustBe(duration > 0 && units + mediaTime < 2 ** 53);
    shown += units;
    hasBegun ||= mediaTime !== -1;
    if (!hasBegun) empty += units;
  }
  return { shown, empty };
}

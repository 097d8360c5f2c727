import { NotRewritable } from '../verdicts.ts';
import { GatheredSamples, sampleBudget } from './gather-samples.ts';
import type { Samples } from './list-samples.ts';
import type { Edit, Track } from './movie.ts';

/** Time scale of the movies that FFmpeg writes, in units per second. */
export const MOVIE_TIMESCALE = 1000;
const NORMAL_RATE = 0x10000;

/** Consecutive samples of a stream, and their decoding times. */
export interface MuxedSamples {
  from: number;
  /** Index after the last sample. */
  to: number;
  /** Units that are added to the decoding times of the samples, in the stream's time scale. A sum can be negative. */
  shift: number;
}

/**
 * Returns a stream with these samples at these times, and with the tables, durations and edit list that FFmpeg writes for them
 * (libavformat/movenc.c of FFmpeg 7.1: `mov_write_edts_tag`, `calc_pts_duration`, `calc_samples_pts_duration`). Throws `NotRewritable`
 * if the edit list would show no sample, or if FFmpeg would write other durations.
 */
export function muxTrack(track: Track, samples: Samples, muxed: MuxedSamples): Track {
  const { from, to, shift } = muxed;
  const { timescale } = track.media;
  const first = samples.times[from]! + shift;
  const start = first + samples.offsets[from]!;
  let end = start;
  let last = from;
  for (let index = from; index < to; index++) {
    const shown = samples.times[index + 1]! + shift + samples.offsets[index]!;
    if (shown <= end) continue;
    [end, last] = [shown, index];
  }
  // FFmpeg derives the durations of such packets from the frame rate. Before a pause, the index can declare other durations.
  if (track.kind === 'video' && track.samples.offsets) requireUsualDurations(samples, [last, to - 1]);
  return {
    ...track,
    duration: Math.ceil((end * MOVIE_TIMESCALE) / timescale),
    media: { ...track.media, duration: end - start },
    edits: editsOf({ first, start, length: end - start, timescale }),
    samples: tableOf(track, samples, muxed),
  };
}

/** Throws if the duration of one of these samples differs from the duration of the stream's first sample. */
function requireUsualDurations({ times }: Samples, indexes: readonly number[]): void {
  const usual = times[1]! - times[0]!;
  if (indexes.some((index) => times[index + 1]! - times[index]! !== usual)) {
    throw new NotRewritable('has a frame at the end of that part with a different duration from other frames');
  }
}

/**
 * Returns the edit list of a stream. `first` is the first decoding time of the stream, `start` its first presentation time, and `length`
 * the time from `start` to the end of its last sample, all in the stream's time scale.
 */
function editsOf(times: { first: number; start: number; length: number; timescale: number }): Edit[] {
  const { first, start, length, timescale } = times;
  const delay = Math.floor((start * MOVIE_TIMESCALE) / timescale);
  const shown = Math.ceil((length * MOVIE_TIMESCALE) / timescale);
  if (delay > 0) {
    return [
      { duration: delay, mediaTime: -1, rate: NORMAL_RATE },
      { duration: shown, mediaTime: start - first, rate: NORMAL_RATE },
    ];
  }
  if (shown + delay <= 0) throw new NotRewritable('has a stream of which no sample would be shown');
  return [{ duration: shown + delay, mediaTime: Math.max(0, -first), rate: NORMAL_RATE }];
}

function tableOf(track: Track, samples: Samples, { from, to }: MuxedSamples): Track['samples'] {
  const empty = { ...track.samples, count: 0, chunks: { ...track.samples.chunks, count: 0 } };
  const kept = new GatheredSamples({ ...track, samples: empty }, sampleBudget());
  kept.reserve(to - from);
  const chunk = { at: 0, bytes: 0, count: 0 };
  const endChunk = () => {
    if (chunk.count > 0) kept.addChunk(chunk.at, chunk.bytes, chunk.count);
  };
  for (let index = from; index < to; index++) {
    const [at, size] = [samples.positions[index]!, samples.sizes[index]!];
    if (chunk.count === 0 || at !== chunk.at + chunk.bytes) {
      endChunk();
      Object.assign(chunk, { at, bytes: 0, count: 0 });
    }
    chunk.bytes += size;
    chunk.count++;
    const duration = samples.times[index + 1]! - samples.times[index]!;
    kept.addSample(duration, size, samples.isKey[index] === 1, samples.offsets[index]!);
  }
  endChunk();
  const table = kept.table(0);
  // FFmpeg writes no table of offsets if no packet needs an offset, and then reads durations differently.
  return samples.offsets.subarray(from, to).some((offset) => offset !== 0) ? table : { ...table, offsets: null };
}

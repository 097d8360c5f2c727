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
  /** Exclusive. */
  to: number;
  /** Is added to the decoding times of the samples, in the stream's time scale. The sum can be negative. */
  shift: number;
}

/**
 * Returns a stream with these samples at these times, and with the tables and the edit list that FFmpeg writes for them
 * (libavformat/movenc.c of FFmpeg 7.1: `mov_write_edts_tag`). Throws `NotRewritable` if the edit list would show no sample.
 */
export function muxTrack(track: Track, samples: Samples, muxed: MuxedSamples): Track {
  const { from, to, shift } = muxed;
  const { timescale } = track.media;
  const first = samples.times[from]! + shift;
  const start = first + samples.offsets[from]!;
  let end = start;
  for (let index = from; index < to; index++) {
    end = Math.max(end, samples.times[index + 1]! + shift + samples.offsets[index]!);
  }
  const edits = editsOf({ first, start, length: end - start, timescale });
  const duration = edits.reduce((sum, edit) => sum + edit.duration, 0);
  return {
    ...track,
    duration,
    media: { ...track.media, duration: end - first },
    edits,
    samples: tableOf(track, samples, muxed),
  };
}

/**
 * The edit list of a stream. `first` is the first decoding time of the stream, `start` its first presentation time, and `length` the time
 * from `start` to the end of its last sample, all in the stream's time scale.
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
  // FFmpeg writes no table of offsets if no packet needs an offset. It then reads durations differently.
  return samples.offsets.subarray(from, to).some((offset) => offset !== 0) ? table : { ...table, offsets: null };
}

import type { ContainerCopy } from '../../ffmpeg/index.ts';
import { NotRewritable } from '../verdicts.ts';
import { listSamples, type Samples } from './list-samples.ts';
import type { Movie, Track } from './movie.ts';
import { MOVIE_TIMESCALE, muxTrack } from './mux-track.ts';
import { MAX_SAMPLES } from './read-samples.ts';

const MICROSECONDS = 1_000_000;
/** Offset of the sample rate in a sample entry of audio. */
const RATE_AT = 8 + 24;

interface Stream {
  track: Track;
  samples: Samples;
  /** Decoding time of the first sample on the timeline of the file, whose presentation starts at zero. */
  first: number;
}

/**
 * Returns the part of a movie that `ffmpeg -ss START -i … -t LENGTH -c copy` copies: every stream from the key frame to which FFmpeg seeks,
 * with all packets that are decoded before the end. The edit list hides the samples before the start. `chosen` contains the streams of the
 * copy. The streams of the movie must start at zero.
 */
export function trimMovie(movie: Movie, chosen: readonly Track[], trim: NonNullable<ContainerCopy['trim']>): Movie {
  // A hostile index can declare any number of samples in a few bytes.
  const count = movie.tracks.reduce((sum, { samples }) => sum + samples.count, 0);
  if (count > MAX_SAMPLES) throw new NotRewritable('has more samples than the reader supports');
  const streams = new Map(movie.tracks.map((track) => [track, openStream(track)]));
  const sought = seekSamples([...streams.values()], trim.start);
  const tracks = chosen.map((track) => {
    const stream = streams.get(track)!;
    const { samples, first } = stream;
    const shift = first - rescale(trim.start, MICROSECONDS, track.media.timescale);
    const from = sought.get(stream)!;
    const to = endOf(stream, { from, shift, length: trim.length });
    if (to === from) throw new NotRewritable('has a stream without packets in that part');
    requireOwnRate(track);
    return muxTrack(track, samples, { from, to, shift });
  });
  return {
    ...movie,
    timescale: MOVIE_TIMESCALE,
    duration: Math.max(...tracks.map(({ duration }) => duration)),
    tracks,
  };
}

/** Throws unless the time scale of audio is its sample rate, because FFmpeg writes audio with this time scale. */
function requireOwnRate({ kind, entry, media }: Track): void {
  if (kind === 'audio' && entry.readUInt16BE(RATE_AT) !== media.timescale % 2 ** 16) {
    throw new NotRewritable('has audio whose time scale is not its sample rate');
  }
}

function openStream(track: Track): Stream {
  const { samples, edits } = track;
  // FFmpeg also seeks to samples of these groups that are not key frames.
  if (samples.groups.length > 0) throw new NotRewritable('has other points than key frames to decode from');
  const [edit, ...others] = edits ?? [];
  if (others.length > 0 || edit?.mediaTime === -1) throw new NotRewritable('has an edit list of several parts');
  return { track, samples: listSamples(track), first: -(edit?.mediaTime ?? 0) };
}

/**
 * Returns the sample of each stream from which FFmpeg reads after a seek (libavformat/mov.c of FFmpeg 7.1: `mov_read_seek` and
 * `mov_seek_stream`). FFmpeg searches for the start in the first video stream, or in the first audio stream if the file has no video. In
 * all other streams, it then searches for the decoding time of the sample that it has found.
 */
function seekSamples(streams: readonly Stream[], start: number): Map<Stream, number> {
  const main = streams.find(({ track }) => track.kind === 'video') ?? streams[0]!;
  const { timescale } = main.track.media;
  const found = start === 0 ? 0 : seekSample(main, rescale(start, MICROSECONDS, timescale) + hiddenOf(main));
  const time = main.samples.times[found]! + main.first;
  return new Map(
    streams.map((stream) => {
      if (start === 0) return [stream, 0];
      if (stream === main) return [stream, found];
      return [stream, seekSample(stream, rescale(time, timescale, stream.track.media.timescale) + hiddenOf(stream))];
    }),
  );
}

/**
 * Returns a value that is added to a time on the file's timeline, so that the time can be compared with decoding times that start at zero.
 * FFmpeg subtracts the time of the first sample that the edit list shows completely, and searches for the result.
 */
function hiddenOf({ track, samples, first }: Stream): number {
  if (track.kind === 'video') return 0;
  const hidden = -first;
  let shown = 0;
  while (shown + 1 < samples.count && samples.times[shown]! < hidden) shown++;
  return hidden - (samples.times[shown]! - hidden);
}

/** Returns the last key frame that is decoded at or before a time, or the first sample if there is no such key frame. */
function seekSample({ samples }: Stream, time: number): number {
  let found = 0;
  for (let index = 0; index < samples.count && samples.times[index]! <= time; index++) {
    if (samples.isKey[index]) found = index;
  }
  return found;
}

/** Returns the first sample that FFmpeg does not copy: the first sample that is decoded at the end or later. */
function endOf({ track, samples }: Stream, part: { from: number; shift: number; length: number | null }): number {
  const { from, shift, length } = part;
  if (length === null) return samples.count;
  let index = from;
  const { timescale } = track.media;
  while (index < samples.count && rescale(samples.times[index]! + shift, timescale, MICROSECONDS) < length) index++;
  return index;
}

/** Converts a time between time scales. Rounds to the nearest integer, and halves away from zero, as FFmpeg does. */
export function rescale(value: number, from: number, to: number): number {
  const twice = BigInt(Math.abs(value)) * BigInt(to) * 2n + BigInt(from);
  return Math.sign(value) * Number(twice / (BigInt(from) * 2n));
}

import type { ContainerCopy } from '../../ffmpeg/index.ts';
import { openBytes, writeTo } from '../file-bytes.ts';
import { requireInterleaved } from '../streaming/in-order.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import type { Movie, Track } from './movie.ts';
import { isIdentity } from './movie-facts.ts';
import { presentation } from './movie-packets.ts';
import { outputHead } from './output-head.ts';
import { readMovie } from './read-movie.ts';
import { sampleTimes } from './sample-times.ts';
import { trimMovie } from './trim-movie.ts';
import { writeMovie } from './write-movie.ts';

/** Requests a copy of streams of an MP4 or MOV file in a new container, as `ffmpeg -c copy -movflags +faststart` makes it. */
export interface CopyRequest extends ContainerCopy {
  /** Host path of the file, which is never written. */
  path: string;
  /** Host path of the new container, which must not exist yet. */
  copied: string;
}

/** The size of the copy in bytes, or the reason why FFmpeg has to copy the streams, which continues "The input …". */
export type CopyResult = { size: number } | { reason: string };

/** Maximum number of seconds by which a stream may start before or after zero. */
const START_SECONDS = 0.001;
/** Minimum units per second. FFmpeg doubles a time scale of video until it has at least this number of units. */
const MIN_TIMESCALE = 10_000;
/** Types of sample entries of AC-3 and E-AC-3. */
const DOLBY: ReadonlySet<string> = new Set(['ac-3', 'ec-3']);

/**
 * Writes the packets of some streams into a new container, from its start to its end. No packet is changed. Runs in the
 * thread of the sanitizer.
 */
export function copyMovie(request: CopyRequest): CopyResult {
  const file = openBytes(request.path);
  try {
    const movie = movieOf(readMovie(file), request);
    let size = 0;
    writeTo(request.copied, (out) => {
      writeMovie(movie, file, out, null, outputHead(request, movie.tracks));
      size = out.position;
    });
    return { size };
  } catch (error) {
    const known = error instanceof NotRewritable || error instanceof Rejected || error instanceof RangeError;
    if (!known) throw error;
    return { reason: error.message };
  } finally {
    file.close();
  }
}

/** Returns the movie that the copy contains. */
function movieOf(read: Movie, { streams, format, trim, videoType }: CopyRequest): Movie {
  const tracks = streams.map((index) => {
    const track = read.tracks[index];
    if (!track) throw new NotRewritable('does not have the streams that were probed');
    return track;
  });
  const all = { ...read, tracks, duration: Math.max(...tracks.map(({ duration }) => duration)) };
  requireCopyable(all, format);
  for (const track of tracks) requireEntry(track, videoType);
  if (!trim) return all;
  // FFmpeg may seek in a stream that it does not copy.
  for (const track of read.tracks) requirePlainTimes(read, track);
  const trimmed = trimMovie(read, tracks, trim);
  requireInterleaved(trimmed);
  return trimmed;
}

/** Throws if FFmpeg would move, drop or change packets, or write them in another order. */
function requireCopyable(movie: Movie, format: CopyRequest['format']): void {
  if (movie.isFragmented) throw new NotRewritable('has fragments');
  if ((movie.brand === 'qt  ') !== (format === 'mov'))
    throw new NotRewritable('has the sample entries of another format');
  if (!isIdentity(movie.matrix)) throw new NotRewritable('has a rotated frame');
  for (const track of movie.tracks) requirePlainTimes(movie, track);
  requireInterleaved(movie);
}

/** Throws if FFmpeg would describe a stream differently than the input does. */
function requireEntry({ kind, entry, media }: Track, videoType: string | undefined): void {
  const type = entry.toString('latin1', 4, 8);
  if (DOLBY.has(type)) throw new NotRewritable('has AC-3, whose last packet FFmpeg lengthens');
  if (kind === 'audio') return;
  if (type !== (videoType ?? type)) throw new NotRewritable('has video of another type than the option -tag states');
  if (media.timescale < MIN_TIMESCALE) throw new NotRewritable('has a time scale that FFmpeg refines');
}

function requirePlainTimes(movie: Movie, track: Track): void {
  if (track.samples.count === 0) throw new NotRewritable('has a stream without packets');
  const times = sampleTimes(track.samples);
  const { delay, isFullyPresented } = presentation(movie, track, times);
  if (Math.abs(delay) > START_SECONDS) throw new NotRewritable('does not start at zero');
  if (!isFullyPresented) throw new NotRewritable('has an edit list that hides a part');
  if (!times.isOrdered || !times.startsWithKey) throw new NotRewritable('has times that are not in order');
  const { durations, offsets } = track.samples;
  const last = durations.readUInt32BE(durations.length - 4);
  // FFmpeg reads such a packet as hidden, and copies it as a visible packet.
  if (last === 0) throw new NotRewritable('has a last packet without a duration');
  // FFmpeg derives the duration of such a packet from the frame rate.
  if (track.kind === 'video' && offsets && last !== durations.readUInt32BE(4)) {
    throw new NotRewritable('has a last frame with a different duration from other frames');
  }
}

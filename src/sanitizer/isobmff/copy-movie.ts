import type { ContainerCopy } from '../../ffmpeg/index.ts';
import { openBytes, writeTo } from '../file-bytes.ts';
import { requireInterleaved } from '../streaming/in-order.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import type { Movie, Track } from './movie.ts';
import { isIdentity } from './movie-facts.ts';
import { presentation } from './movie-packets.ts';
import { readMovie } from './read-movie.ts';
import { sampleTimes } from './sample-times.ts';
import { writeMovie } from './write-movie.ts';

/** Asks for streams of an MP4 or MOV file in a new container, as `ffmpeg -c copy -movflags +faststart` copies them. */
export interface CopyRequest extends ContainerCopy {
  /** Host path of the file, which is never written. */
  path: string;
  /** Host path of the new container, which must not exist yet. */
  copied: string;
}

/** `reason` continues "The input …", and means that FFmpeg has to copy it. */
export type CopyResult = { size: number } | { reason: string };

/** Seconds; streams that start together start within this. */
const START_SECONDS = 0.001;

/**
 * Writes the packets of some streams into a new container, from its start to its end. No packet is changed. Runs in the
 * thread of the sanitizer.
 */
export function copyMovie({ path, copied, streams, format }: CopyRequest): CopyResult {
  const file = openBytes(path);
  try {
    const movie = chosenTracks(readMovie(file), streams);
    requireCopyable(movie, format);
    let size = 0;
    writeTo(copied, (out) => {
      writeMovie(movie, file, out, null);
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

function chosenTracks(movie: Movie, streams: readonly number[]): Movie {
  const tracks = streams.map((index) => {
    const track = movie.tracks[index];
    if (!track) throw new NotRewritable('does not have the streams that were probed');
    return track;
  });
  return { ...movie, tracks, duration: Math.max(...tracks.map(({ duration }) => duration)) };
}

/** Throws where FFmpeg would move, drop or change packets, or write them in another order. */
function requireCopyable(movie: Movie, format: CopyRequest['format']): void {
  if (movie.isFragmented) throw new NotRewritable('has fragments');
  if ((movie.brand === 'qt  ') !== (format === 'mov'))
    throw new NotRewritable('has the sample entries of another format');
  if (!isIdentity(movie.matrix)) throw new NotRewritable('has a rotated frame');
  for (const track of movie.tracks) requirePlainTimes(movie, track);
  requireInterleaved(movie);
}

function requirePlainTimes(movie: Movie, track: Track): void {
  if (track.samples.count === 0) throw new NotRewritable('has a stream without packets');
  const times = sampleTimes(track.samples);
  const { delay, isFullyPresented } = presentation(movie, track, times);
  if (Math.abs(delay) > START_SECONDS) throw new NotRewritable('does not start at zero');
  if (!isFullyPresented) throw new NotRewritable('has an edit list that hides a part');
  if (!times.isOrdered || !times.startsWithKey) throw new NotRewritable('has times that are not in order');
  // FFmpeg reads such a packet as hidden, and copies it as a shown one.
  if (track.samples.durations.readUInt32BE(track.samples.durations.length - 4) === 0) {
    throw new NotRewritable('has a last packet without a duration');
  }
}

import type { FrameList, KeptTimes } from '../../ffmpeg/index.ts';
import { type FileBytes, openBytes, writeTo } from '../file-bytes.ts';
import { joinBytes } from '../join-bytes.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { GatheredSamples, sampleBudget } from './gather-samples.ts';
import { listSamples, type Samples } from './list-samples.ts';
import type { Movie, Track } from './movie.ts';
import { movieFrames } from './movie-frames.ts';
import { readMovie } from './read-movie.ts';
import { writeMovie } from './write-movie.ts';

/** Requests one container with all pieces of a video, which were encoded with the same settings. */
export interface JoinRequest {
  /** Host paths of the pieces in order: movies with one video stream. They are never written. */
  pieces: readonly string[];
  /** Host path of the new container, which must not exist yet. */
  joined: string;
  /** The times at which the pieces begin; absent = each piece begins where the previous piece ends. */
  times?: Pick<KeptTimes, 'timescale' | 'starts'> | undefined;
}

/** The frames of each piece, or the reason why the pieces cannot be joined, which continues "The output …". */
export type JoinResult = { pieces: FrameList[] } | { reason: string };

const NORMAL_RATE = 0x10000;
const NO_GROUPS: Buffer[] = [];

/**
 * Writes the packets of all pieces, one after another, into one container. No packet is changed. Runs in the thread of the sanitizer.
 */
export function joinPieces({ pieces, joined, times }: JoinRequest): JoinResult {
  const files: FileBytes[] = [];
  try {
    for (const path of pieces) files.push(openBytes(path));
    const read = files.map(readPiece);
    const movie = joinMovies(read, files, times);
    writeTo(joined, (out) => writeMovie(movie, joinBytes(files), out, null));
    return { pieces: read.map(({ frames }) => frames) };
  } catch (error) {
    const known = error instanceof NotRewritable || error instanceof Rejected || error instanceof RangeError;
    if (!known) throw error;
    return { reason: `has a piece that ${error.message}` };
  } finally {
    for (const file of files) file.close();
  }
}

interface ReadPiece {
  movie: Movie;
  track: Track;
  samples: Samples;
  frames: FrameList;
}

function readPiece(file: FileBytes): ReadPiece {
  const movie = readMovie(file);
  const [track, ...others] = movie.tracks;
  const frames = movieFrames(movie, file);
  if (!track || others.length > 0 || !frames) throw new NotRewritable('is not a single video stream with key frames');
  if (track.samples.groups.length > 0) throw new NotRewritable('has other points than key frames to decode from');
  return { movie, track, samples: listSamples(track), frames };
}

/**
 * Decoding times are the presentation times in rising order, earlier by a constant delay. An encoder's own decoding times depend on the
 * distances of the first frames, which differ between pieces.
 */
function joinMovies(pieces: readonly ReadPiece[], files: readonly FileBytes[], times: JoinRequest['times']): Movie {
  const { movie, track } = pieces[0]!;
  const { timescale } = track.media;
  if (pieces.some((piece) => piece.track.media.timescale !== timescale)) {
    throw new NotRewritable('has other times than the first');
  }
  const shown = shownTimes(pieces, times);
  const decoded = shown.toSorted();
  const delay = Math.max(
    ...pieces.map((piece) => hiddenUnits(piece.track)),
    decoded.reduce((most, time, index) => Math.max(most, time - shown[index]!), 0),
  );
  const empty = { ...track.samples, count: 0, chunks: { ...track.samples.chunks, count: 0 } };
  const joined = new GatheredSamples({ ...track, samples: empty }, sampleBudget());
  joined.reserve(shown.length);
  let base = 0;
  for (const [index, { samples }] of pieces.entries()) {
    for (let sample = 0; sample < samples.count; sample++) {
      const at = joined.count;
      const duration = at + 1 < shown.length ? decoded[at + 1]! - decoded[at]! : lastStep(pieces.at(-1)!);
      joined.addSample(
        duration,
        samples.sizes[sample]!,
        samples.isKey[sample] === 1,
        shown[at]! - decoded[at]! + delay,
      );
      joined.addChunk(base + samples.positions[sample]!, samples.sizes[sample]!, 1);
    }
    base += files[index]!.size;
  }
  const units = joined.clock;
  const samples = { ...joined.table(0), groups: NO_GROUPS };
  const duration = Math.ceil((units / timescale) * movie.timescale);
  const edits = delay === 0 ? null : [{ duration, mediaTime: delay, rate: NORMAL_RATE }];
  const media = { ...track.media, duration: units };
  return { ...movie, duration, tracks: [{ ...track, duration, media, edits, samples }] };
}

/** Returns the presentation times of all samples from the first frame on, in the order of decoding. */
function shownTimes(pieces: readonly ReadPiece[], times: JoinRequest['times']): Float64Array {
  const shown = new Float64Array(pieces.reduce((sum, { samples }) => sum + samples.count, 0));
  let [at, end] = [0, 0];
  for (const [index, piece] of pieces.entries()) {
    const { track, frames, samples } = piece;
    const start = times ? (times.starts[index]! * track.media.timescale) / times.timescale : end;
    if (!Number.isSafeInteger(start) || start < end) throw new NotRewritable('begins before the previous piece ends');
    const hidden = hiddenUnits(track);
    for (let sample = 0; sample < samples.count; sample++) {
      shown[at++] = start + samples.times[sample]! + samples.offsets[sample]! - hidden;
    }
    end = start + frames.times.at(-1)! + (times ? 1 : lastStep(piece));
  }
  return shown;
}

/** Returns the duration of the last frame. If FFmpeg does not know this duration, it writes zero. The previous frame is then as long. */
function lastStep({ frames: { times }, samples: { count, times: decoded } }: ReadPiece): number {
  return decoded[count]! - decoded[count - 1]! || times.at(-1)! - (times.at(-2) ?? 0);
}

/** Returns the number of units between the first decoding time and the first presentation time, which the edit list removes. */
function hiddenUnits({ edits }: Track): number {
  const [shown, ...others] = edits ?? [];
  if (!shown) return 0;
  if (others.length > 0 || shown.mediaTime < 0) throw new NotRewritable('does not begin at zero');
  return shown.mediaTime;
}

import type { FrameList } from '../../ffmpeg/index.ts';
import { type FileBytes, openBytes, writeTo } from '../file-bytes.ts';
import { joinBytes } from '../join-bytes.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { GatheredSamples, sampleBudget } from './gather-samples.ts';
import { listSamples } from './list-samples.ts';
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
}

/** The frames of each piece, or the reason why the pieces cannot be joined, which continues "The output …". */
export type JoinResult = { pieces: FrameList[] } | { reason: string };

const NORMAL_RATE = 0x10000;
const NO_GROUPS: Buffer[] = [];

/**
 * Writes the packets of all pieces, one after another, into one container. Each piece begins where the previous piece ends. No packet is
 * changed. Runs in the thread of the sanitizer.
 */
export function joinPieces({ pieces, joined }: JoinRequest): JoinResult {
  const files: FileBytes[] = [];
  try {
    for (const path of pieces) files.push(openBytes(path));
    const read = files.map(readPiece);
    const movie = joinMovies(read, files);
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
  frames: FrameList;
}

function readPiece(file: FileBytes): ReadPiece {
  const movie = readMovie(file);
  const [track, ...others] = movie.tracks;
  const frames = movieFrames(movie, file);
  if (!track || others.length > 0 || !frames) throw new NotRewritable('is not a single video stream with key frames');
  if (track.samples.groups.length > 0) throw new NotRewritable('has other points than key frames to decode from');
  return { movie, track, frames };
}

function joinMovies(pieces: readonly ReadPiece[], files: readonly FileBytes[]): Movie {
  const { movie, track } = pieces[0]!;
  const hidden = hiddenUnits(track);
  const empty = { ...track.samples, count: 0, chunks: { ...track.samples.chunks, count: 0 } };
  const joined = new GatheredSamples({ ...track, samples: empty }, sampleBudget());
  let base = 0;
  for (const [index, piece] of pieces.entries()) {
    const { media } = piece.track;
    if (media.timescale !== track.media.timescale || hiddenUnits(piece.track) !== hidden) {
      throw new NotRewritable('has other times than the first');
    }
    addSamples(joined, piece, base);
    base += files[index]!.size;
  }
  const units = joined.clock;
  const samples = { ...joined.table(0), groups: NO_GROUPS };
  const duration = Math.ceil((units / track.media.timescale) * movie.timescale);
  const edits = hidden === 0 ? null : [{ duration, mediaTime: hidden, rate: NORMAL_RATE }];
  const media = { ...track.media, duration: units };
  return { ...movie, duration, tracks: [{ ...track, duration, media, edits, samples }] };
}

/** Returns the number of units between the first decoding time and the first presentation time, which the edit list removes. */
function hiddenUnits({ edits }: Track): number {
  const [shown, ...others] = edits ?? [];
  if (!shown) return 0;
  if (others.length > 0 || shown.mediaTime < 0) throw new NotRewritable('does not begin at zero');
  return shown.mediaTime;
}

/**
 * Adds the samples of a piece. The last frame gets the duration of the first frame, because FFmpeg does not know its duration and writes
 * zero.
 */
function addSamples(joined: GatheredSamples, { track, frames }: ReadPiece, base: number): void {
  const samples = listSamples(track);
  const step = frames.times[1] ?? 0;
  const end = joined.clock + step * samples.count;
  joined.reserve(samples.count);
  joined.startRun();
  for (let sample = 0; sample < samples.count; sample++) {
    const size = samples.sizes[sample]!;
    joined.addSample(
      samples.times[sample + 1]! - samples.times[sample]! || step,
      size,
      samples.isKey[sample] === 1,
      samples.offsets[sample]!,
    );
    joined.addChunk(base + samples.positions[sample]!, size, 1);
  }
  if (joined.clock !== end) throw new NotRewritable('has frames of different lengths');
}

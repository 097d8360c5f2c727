import { openBytes, writeTo } from '../file-bytes.ts';
import { arrange } from '../isobmff/arrange.ts';
import { boxBudget, boxesIn } from '../isobmff/boxes.ts';
import type { Movie } from '../isobmff/movie.ts';
import { movieInfo } from '../isobmff/movie-info.ts';
import { moviePackets } from '../isobmff/movie-packets.ts';
import { readMovie } from '../isobmff/read-movie.ts';
import { writeMovie } from '../isobmff/write-movie.ts';
import { NotRewritable } from '../verdicts.ts';
import { isMatroska, readPartialMatroska } from './cut-matroska.ts';
import { cutMovie, startRange } from './cut-movie.ts';
import { Missing, type SparseBytes, sparseBytes } from './sparse-bytes.ts';
import type { PartialRequest, PartialResult, PicturesResult } from './types.ts';

/** Number of bytes after the index that are fetched together with the index. Most files begin their media there, with a key frame. */
const FIRST_FRAMES = 256 * 1024;
/** Maximum number of ranges of a container of a few seconds. No real file has more ranges. */
const MAX_RANGES = 20_000;

/**
 * Reads the parts of a file that were fetched. Reads the index once, unless data outside the index is missing. Runs in the thread of the
 * sanitizer.
 */
export function readPartial(request: PartialRequest): PartialResult {
  const file = sparseBytes(openBytes(request.path), request.present);
  try {
    if (isMatroska(file)) return readPartialMatroska(file, request);
    requireIndex(file, request.part === 'start' ? FIRST_FRAMES : 0);
    const movie = readMovie(file);
    if (movie.isFragmented) throw new NotRewritable('has fragments');
    if (request.part === 'pictures') return writeIndex(cutMovie(movie, request), file, request.target);
    const info = movieInfo(movie, file);
    if (!info) writeStart(movie, file, request.target);
    return { info, packets: moviePackets(movie, file, false) };
  } catch (error) {
    if (error instanceof Missing) return { missing: error.range, more: error.more };
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    file.close();
  }
}

/** Throws `Missing` for the complete index and this number of bytes after it, instead of for each of its tables. */
function requireIndex(file: SparseBytes, after: number): void {
  for (const box of boxesIn(file, 0, file.size, boxBudget(), true)) {
    if (box.type === 'moov') file.require({ start: box.start, end: box.end + after });
  }
}

function writeStart(movie: Movie, file: SparseBytes, target: string): void {
  const { start, end } = startRange(movie);
  file.require({ start, end });
  // Samples are copied in the order of the file, so these bytes are the first bytes.
  writeTo(target, (out) => writeMovie(movie, file, out, bytesWithin(movie, end)));
}

/** Returns the number of bytes of the chunks that end at or before a position. */
function bytesWithin({ tracks }: Movie, end: number): number {
  let bytes = 0;
  for (const { samples } of tracks) {
    const { count, offsets, bytes: sizes } = samples.chunks;
    for (let chunk = 0; chunk < count; chunk++) if (offsets[chunk]! + sizes[chunk]! <= end) bytes += sizes[chunk]!;
  }
  return bytes;
}

/** Writes a container without its media. Returns the ranges of the media. */
function writeIndex(cut: Movie, file: SparseBytes, target: string): PicturesResult {
  const { ranges, bytes } = arrange(cut.tracks);
  if (ranges.count > MAX_RANGES) throw new NotRewritable('has samples at too many positions');
  let mediaAt = 0;
  writeTo(target, (out) => {
    writeMovie(cut, file, out, 0);
    mediaAt = out.position - bytes;
  });
  const media = Array.from({ length: ranges.count }, (_, index) => {
    const start = ranges.from[index]!;
    return { start, end: start + ranges.bytes[index]! };
  });
  return { media, mediaAt };
}

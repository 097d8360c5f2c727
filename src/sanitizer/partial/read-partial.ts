import { openBytes, writeTo } from '../file-bytes.ts';
import { boxBudget, boxesIn } from '../isobmff/boxes.ts';
import type { Movie } from '../isobmff/movie.ts';
import { readMovie } from '../isobmff/read-movie.ts';
import { writeMovie } from '../isobmff/write-movie.ts';
import { NotRewritable } from '../verdicts.ts';
import { cutMovie, startRange } from './cut-movie.ts';
import { Missing, type Range, type SparseBytes, sparseBytes } from './sparse-bytes.ts';

/** Asks for a container made of a file of which only parts were fetched. */
export interface PartialRequest {
  /** Host path of a file of the full size, with holes. */
  path: string;
  present: Range[];
  /**
   * Null = the whole index and the first seconds, for a probe. Else the video at that time, in seconds, for a picture:
   * a movie without holes, whose other samples are left out.
   */
  seconds: number | null;
  /** Host path of the new container, which must not exist yet. */
  target: string;
}

/** `missing`: fetch this range, and ask again. `reason`: the whole file is needed. */
export type PartialAnswer = { written: true } | { missing: Range } | { reason: string };

/** Makes the container if everything that it needs is present. Runs in the thread of the sanitizer. */
export function readPartial(request: PartialRequest): PartialAnswer {
  const file = sparseBytes(openBytes(request.path), request.present);
  try {
    requireIndex(file);
    const movie = readMovie(file);
    if (movie.isFragmented) throw new NotRewritable('has fragments');
    if (request.seconds === null) writeStart(movie, file, request.target);
    else writeCut(cutMovie(movie, request.seconds), file, request.target);
    return { written: true };
  } catch (error) {
    if (error instanceof Missing) return { missing: error.range };
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    file.close();
  }
}

/** Asks for the index as a whole, not for each of its tables. */
function requireIndex(file: SparseBytes): void {
  for (const box of boxesIn(file, 0, file.size, boxBudget(), true)) {
    if (box.type === 'moov') file.require({ start: box.start, end: box.end });
  }
}

function writeStart(movie: Movie, file: SparseBytes, target: string): void {
  const { start, end } = startRange(movie);
  file.require({ start, end });
  // Samples are copied in the order of the file, so these bytes are the first ones.
  writeTo(target, (out) => writeMovie(movie, file, out, bytesWithin(movie, end)));
}

/** Bytes of chunks that end at or before a position. */
function bytesWithin({ tracks }: Movie, end: number): number {
  let bytes = 0;
  for (const { samples } of tracks) {
    const { count, offsets, bytes: sizes } = samples.chunks;
    for (let chunk = 0; chunk < count; chunk++) if (offsets[chunk]! + sizes[chunk]! <= end) bytes += sizes[chunk]!;
  }
  return bytes;
}

function writeCut(cut: Movie, file: SparseBytes, target: string): void {
  for (const range of spans(cut)) file.require(range);
  writeTo(target, (out) => writeMovie(cut, file, out, null));
}

/** Bytes between two samples that are fetched with them, rather than with two requests. */
const NEAR = 2 ** 20;

function spans({ tracks }: Movie): Range[] {
  const list: Range[] = [];
  for (const { samples } of tracks) {
    const { count, offsets, bytes } = samples.chunks;
    for (let chunk = 0; chunk < count; chunk++) {
      const [start, end] = [offsets[chunk]!, offsets[chunk]! + bytes[chunk]!];
      const last = list.at(-1);
      if (last && start >= last.start && start <= last.end + NEAR) last.end = Math.max(last.end, end);
      else list.push({ start, end });
    }
  }
  return list;
}

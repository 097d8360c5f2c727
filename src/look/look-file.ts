import { rmSync } from 'node:fs';
import { readFlac, readWave } from './audio-files.ts';
import { createOut, type FileBytes, type FileOut, openBytes } from './file-bytes.ts';
import { readMovie } from './isobmff/read-movie.ts';
import { writeMovie } from './isobmff/write-movie.ts';
import { readMatroska } from './matroska/rewrite.ts';
import type { LookRequest, LookResult } from './types.ts';
import { NotRewritable, Refused } from './verdicts.ts';

/**
 * Looks at one file and, where nothing is lost by it, writes its container anew. Throws `Refused`. Runs in a thread of
 * its own: everything in here is at the mercy of the file's maker.
 */
export async function lookAtFile(request: LookRequest): Promise<LookResult> {
  const file = openBytes(request.path);
  try {
    const demuxer = await readAndWrite(request, file);
    if (request.target === null) return { container: 'original', demuxer: request.demuxer, reason: null };
    return { container: 'rewritten', demuxer, reason: null };
  } catch (error) {
    if (error instanceof NotRewritable) {
      return { container: 'original', demuxer: request.demuxer, reason: error.message };
    }
    // A table that ends early, where a more exact reason was not found before.
    if (error instanceof RangeError) throw new Refused('invalid_media', 'ends before what it declares.');
    throw error;
  } finally {
    file.close();
  }
}

/** FFmpeg's demuxer of what was written. */
async function readAndWrite(request: LookRequest, file: FileBytes): Promise<string> {
  const { demuxer, write } = await read(request, file);
  if (request.target === null) return demuxer;
  const out = createOut(request.target);
  try {
    write(out, request.mediaBytes);
    out.close();
  } catch (error) {
    out.discard();
    rmSync(request.target, { force: true });
    throw error;
  }
  return demuxer;
}

interface Readable {
  demuxer: string;
  write: (out: FileOut, mediaBytes: number | null) => void;
}

async function read(request: LookRequest, file: FileBytes): Promise<Readable> {
  const { demuxer, path } = request;
  if (demuxer === 'mov') {
    const movie = readMovie(file);
    return { demuxer, write: (out, mediaBytes) => writeMovie(movie, file, out, mediaBytes) };
  }
  if (demuxer === 'matroska') return { demuxer, write: readMatroska(file) };
  if (FACTS_OF.has(demuxer)) {
    // Loaded for those kinds alone: it takes longer than reading most files.
    const { checkFacts } = await import('./facts.ts');
    await checkFacts(path);
  }
  if (demuxer === 'wav') return { demuxer, write: readWave(file) };
  if (demuxer === 'flac') return { demuxer, write: readFlac(file) };
  throw new NotRewritable(`is of a kind (${demuxer}) that the reader does not write`);
}

/** Kinds that a library reads first: facts.ts. */
const FACTS_OF: ReadonlySet<string> = new Set(['mpegts', 'mp3', 'aac', 'ogg', 'wav', 'flac']);

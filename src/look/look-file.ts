import { rmSync } from 'node:fs';
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
    if (request.target !== null) rmSync(request.target, { force: true });
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
    write(out);
  } finally {
    out.close();
  }
  return demuxer;
}

interface Readable {
  demuxer: string;
  write: (out: FileOut) => void;
}

async function read(request: LookRequest, file: FileBytes): Promise<Readable> {
  switch (request.demuxer) {
    case 'mov': {
      const movie = readMovie(file);
      return { demuxer: 'mov', write: (out) => writeMovie(movie, file, out, request.mediaBytes) };
    }
    case 'matroska': {
      const write = readMatroska(file);
      return { demuxer: 'matroska', write: (out) => write(out, request.mediaBytes) };
    }
    default:
      throw new NotRewritable(`is of a kind (${request.demuxer}) that the reader does not write`);
  }
}

import { rmSync } from 'node:fs';
import { createOut, type FileBytes, openBytes } from './file-bytes.ts';
import { readMovie } from './isobmff/read-movie.ts';
import { writeMovie } from './isobmff/write-movie.ts';
import type { LookRequest, LookResult } from './types.ts';
import { NotRewritable, Refused } from './verdicts.ts';

/**
 * Looks at one file and, where nothing is lost by it, writes its container anew. Throws `Refused`. Runs in a thread of
 * its own: everything in here is at the mercy of the file's maker.
 */
export async function lookAtFile(request: LookRequest): Promise<LookResult> {
  const file = openBytes(request.path);
  try {
    await readAndWrite(request, file);
    return { container: request.target === null ? 'original' : 'rewritten', reason: null };
  } catch (error) {
    if (request.target !== null) rmSync(request.target, { force: true });
    if (error instanceof NotRewritable) return { container: 'original', reason: error.message };
    // A table that ends early, where a more exact reason was not found before.
    if (error instanceof RangeError) throw new Refused('invalid_media', 'ends before what it declares.');
    throw error;
  } finally {
    file.close();
  }
}

async function readAndWrite(request: LookRequest, file: FileBytes): Promise<void> {
  const write = await read(request, file);
  if (request.target === null) return;
  const out = createOut(request.target);
  try {
    write(out);
  } finally {
    out.close();
  }
}

type Write = (out: ReturnType<typeof createOut>) => void;

async function read(request: LookRequest, file: FileBytes): Promise<Write> {
  switch (request.demuxer) {
    case 'mov': {
      const movie = readMovie(file);
      return (out) => writeMovie(movie, file, out, request.mediaBytes);
    }
    default:
      throw new NotRewritable(`is of a kind (${request.demuxer}) that the reader does not write`);
  }
}

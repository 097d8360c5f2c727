import { createHash, randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AirlockError } from './errors.ts';

/* The only file of the SDK that needs Node; bundlers for browsers leave it out. */

/** A file as a `Blob`, which is read only as it is sent, with its name. */
export async function openFile(path: string | URL): Promise<{ blob: Blob; name: string }> {
  const file = typeof path === 'string' ? path : fileURLToPath(path);
  if (!(await stat(file)).isFile()) throw new TypeError(`${file} is not a file.`);
  return { blob: await openAsBlob(file), name: basename(file) };
}

/**
 * Writes chunks beside the target and renames at the end, so that a reader sees the whole file or none. Checks size and
 * SHA-256. An existing file is replaced.
 */
export async function saveFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  expected: { size: number; sha256: string },
): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.part`);
  const hash = createHash('sha256');
  const file = await open(partial, 'wx');
  try {
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await file.write(chunk);
      }
    } finally {
      await file.close();
    }
    if (hash.digest('hex') !== expected.sha256) {
      throw new AirlockError({ code: 'download_failed', message: 'The downloaded bytes are not those of the output.' });
    }
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

import { createHash, randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AirlockError } from './errors.ts';

/* The only file of the SDK that requires Node. Bundlers for browsers leave this file out. */

/** Returns a file as a `Blob` with its name. The file is read only while it is sent. */
export async function openFile(path: string | URL): Promise<{ blob: Blob; name: string }> {
  const file = typeof path === 'string' ? path : fileURLToPath(path);
  if (!(await stat(file)).isFile()) throw new TypeError(`${file} is not a file.`);
  return { blob: await openAsBlob(file), name: basename(file) };
}

/** Writes a stream to a temporary file that only this account can read. `close` deletes the file. */
export async function spool(chunks: AsyncIterable<Uint8Array>): Promise<{ blob: Blob; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-upload-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'stream');
    await writeFile(path, chunks, { mode: 0o600 });
    return { blob: await openAsBlob(path), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Writes chunks to a file next to the target and renames it at the end, so that a reader sees either the complete file or no file. Checks
 * the SHA-256 if it is known. Replaces an existing file.
 */
export async function saveFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  expected: { sha256: string | null },
): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.part`);
  const hash = createHash('sha256');
  const file = await open(partial, 'wx');
  try {
    try {
      let written = Promise.resolve();
      for await (const batch of batches(chunks)) {
        await written;
        written = file.writeFile(batch);
        // A later `await` of the same promise reports the failure.
        written.catch(() => {});
        hash.update(batch);
      }
      await written;
    } finally {
      await file.close();
    }
    if (expected.sha256 !== null && hash.digest('hex') !== expected.sha256) {
      throw new AirlockError({ code: 'download_failed', message: 'The downloaded bytes do not match the output.' });
    }
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Minimum bytes of one write. A response arrives in chunks of 64 kB. Without batches, a download would wait for the disk a thousand times
 * per 64 MB.
 */
const BATCH_BYTES = 2 ** 20;

async function* batches(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let collected: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    collected.push(chunk);
    size += chunk.byteLength;
    if (size < BATCH_BYTES) continue;
    yield Buffer.concat(collected, size);
    collected = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(collected, size);
}

/** A relative path that stays below a directory, with at most three directories. */
const SAFE_PATH = /^(?:[A-Za-z0-9][A-Za-z0-9._-]*\/){0,3}[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Writes a file of an output below a directory. Creates the directory if it does not exist. */
export async function saveBelow(
  directory: string,
  file: { path: string; sha256: string },
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (!SAFE_PATH.test(file.path)) {
    throw new AirlockError({ code: 'download_failed', message: 'The output has a file with an unsafe path.' });
  }
  const path = join(directory, file.path);
  await mkdir(dirname(path), { recursive: true });
  await saveFile(path, chunks, file);
}

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const BUFFER_BYTES = 2 ** 20;
/** Milliseconds between two reads while the file has no new bytes. */
const POLL_MS = 5;
/** Number of bytes after which the file is flushed to the disk, so that few bytes remain to be flushed at the end. */
const FLUSH_BYTES = 64 * 2 ** 20;

/**
 * Computes the hexadecimal SHA-256 of a file while this process writes the file from start to end. Resolves after `written`. Reads the
 * bytes while they are in memory, and flushes them to the disk. Rejects if the file does not appear, or with the error of `written`.
 */
export async function hashWhileWritten(path: string, written: Promise<unknown>): Promise<string> {
  let hasEnded = false;
  const ended = written.then(
    () => {
      hasEnded = true;
    },
    () => {
      hasEnded = true;
    },
  );
  const pause = () => Promise.race([ended, sleep(POLL_MS)]);
  const file = await openSoon(path, { hasEnded: () => hasEnded, pause });
  try {
    const hash = createHash('sha256');
    const flush = flusher(file);
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    for (;;) {
      // If the writer has ended before this read, the reads find all remaining bytes.
      const isLast = hasEnded;
      const { bytesRead } = await file.read(buffer, 0, BUFFER_BYTES);
      hash.update(buffer.subarray(0, bytesRead));
      flush.count(bytesRead);
      if (bytesRead > 0) continue;
      if (isLast) break;
      await pause();
    }
    await flush.end();
    await written;
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

async function openSoon(
  path: string,
  { hasEnded, pause }: { hasEnded: () => boolean; pause: () => Promise<unknown> },
): Promise<FileHandle> {
  for (;;) {
    const isLast = hasEnded();
    try {
      return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isLast || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await pause();
  }
}

/**
 * Returns a function that counts bytes and flushes them to the disk, with one request at a time. Errors appear later, when the file is made
 * durable.
 */
function flusher(file: FileHandle) {
  let waiting = 0;
  let flushing: Promise<void> | null = null;
  return {
    count(bytes: number): void {
      waiting += bytes;
      if (waiting < FLUSH_BYTES || flushing) return;
      waiting = 0;
      flushing = file
        .datasync()
        .catch(() => undefined)
        .finally(() => {
          flushing = null;
        });
    },
    end: async () => flushing,
  };
}

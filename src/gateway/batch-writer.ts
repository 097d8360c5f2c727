import type { FileHandle } from 'node:fs/promises';

export interface BatchWriter {
  write(chunk: Buffer): Promise<void>;
  /** Resolves when all bytes have reached the kernel. */
  flush(): Promise<void>;
}

/** Minimum size of a batch in bytes. At most two batches are in memory. */
const BATCH_BYTES = 1_048_576;
/** Maximum number of bytes that have not reached the kernel yet: two batches, and the chunk that completed a batch. */
export const MAX_BUFFERED_BYTES = 3 * BATCH_BYTES;

/**
 * Combines the 64 kB chunks of a socket into larger writes, and fills the next batch while a write runs. A disk error
 * (ENOSPC, EIO) rejects the next call at the latest. `start`: the position of the first byte in the file.
 */
export function batchWriter(file: FileHandle, start = 0): BatchWriter {
  let batch: Buffer[] = [];
  let size = 0;
  let position = start;
  let running: Promise<void> = Promise.resolve();

  async function writeBatch(): Promise<void> {
    const buffers = batch;
    const at = position;
    position += size;
    batch = [];
    size = 0;
    await running;
    running = writeAll(file, buffers, at);
    // The next call awaits this write. Until then, a failure must not become an unhandled rejection.
    running.catch(() => undefined);
  }

  return {
    async write(chunk) {
      batch.push(chunk);
      size += chunk.length;
      if (size >= BATCH_BYTES) await writeBatch();
    },
    async flush() {
      if (size > 0) await writeBatch();
      await running;
    },
  };
}

/** `writev` can write fewer bytes than requested, e.g. on a full disk. Writing the rest then reports the error. */
async function writeAll(file: FileHandle, buffers: Buffer[], start: number): Promise<void> {
  let rest = buffers;
  let position = start;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest, position);
    position += bytesWritten;
    rest = rest.flatMap((buffer) => {
      const skipped = Math.min(bytesWritten, buffer.length);
      bytesWritten -= skipped;
      return skipped === buffer.length ? [] : [buffer.subarray(skipped)];
    });
  }
}

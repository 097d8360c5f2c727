import type { FileHandle } from 'node:fs/promises';

export interface BatchWriter {
  write(chunk: Buffer): Promise<void>;
  /** Resolves when all bytes have been handed to the kernel. */
  flush(): Promise<void>;
}

/** Bytes collected before one write; at most two batches are in memory. */
const BATCH_BYTES = 1_048_576;
/** Bytes that were taken and may not have reached the kernel yet: two batches, and the chunk that filled one. */
export const MOST_IN_MEMORY = 3 * BATCH_BYTES;

/**
 * Gathers the 64 kB chunks of a socket into larger writes, and lets one write run while the next batch comes in. Rejects
 * with the error of the disk (ENOSPC, EIO) on the following call at the latest.
 */
export function batchWriter(file: FileHandle): BatchWriter {
  let batch: Buffer[] = [];
  let size = 0;
  let running: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    const buffers = batch;
    batch = [];
    size = 0;
    await running;
    running = writeAll(file, buffers);
    // The next call awaits it; until then its failure must not be an unhandled rejection.
    running.catch(() => undefined);
  }

  return {
    async write(chunk) {
      batch.push(chunk);
      size += chunk.length;
      if (size >= BATCH_BYTES) await start();
    },
    async flush() {
      if (size > 0) await start();
      await running;
    },
  };
}

/** "writev may transfer fewer bytes than requested", for example when the disk runs full: writing the rest then reports the error. */
async function writeAll(file: FileHandle, buffers: Buffer[]): Promise<void> {
  let rest = buffers;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest);
    rest = rest.flatMap((buffer) => {
      const skipped = Math.min(bytesWritten, buffer.length);
      bytesWritten -= skipped;
      return skipped === buffer.length ? [] : [buffer.subarray(skipped)];
    });
  }
}

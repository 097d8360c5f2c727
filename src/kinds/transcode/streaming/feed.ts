import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ArrivalState } from '../../../sanitizer/streaming/index.ts';

const CHUNK = 256 * 1024;

/** A new container, read from its start while it is written; may be opened several times. */
export interface Feed {
  /** Returns the container as a stream, which ends when `end` has been called and all of it was read. */
  open(): Readable;
  /** Must be called once the container is complete. */
  end(): void;
  /** Ends all streams with an error. */
  fail(error: unknown): void;
  /** Throws if a stream failed, so that its reader saw an early end. */
  check(): void;
}

/** `onStarved` is called when readers have waited for more of the container for `maxStarvedMs` in total. */
export function openFeed(
  path: string,
  state: ArrivalState,
  { maxStarvedMs, onStarved }: { maxStarvedMs: number; onStarved: () => void },
): Feed {
  let isComplete = false;
  let failure: unknown = null;
  let starvedMs = 0;

  async function* read(): AsyncGenerator<Buffer> {
    const file = await openWhenWritten();
    try {
      for (let at = 0; ; ) {
        if (failure) throw failure;
        const written = state.written;
        if (at < written) {
          const chunk = await readChunk(file, at, Math.min(CHUNK, written - at));
          at += chunk.length;
          yield chunk;
        } else if (isComplete) return;
        else await starve(written);
      }
    } finally {
      await file.close();
    }
  }

  /** A program that ends early destroys its stream, which is no failure; an error of the file is one. */
  async function readChunk(file: FileHandle, at: number, length: number): Promise<Buffer> {
    try {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      failure ??= error;
      throw error;
    }
  }

  async function openWhenWritten() {
    while (state.written === 0 && !failure) await starve(0);
    if (failure) throw failure;
    return open(path, 'r');
  }

  async function starve(written: number): Promise<void> {
    const since = performance.now();
    const timer = setTimeout(onStarved, Math.max(0, maxStarvedMs - starvedMs));
    await state.moreWritten(written);
    clearTimeout(timer);
    starvedMs += performance.now() - since;
  }

  return {
    // The next chunk is read when the last one has been taken, so that waiting means that the program waits.
    open: () => Readable.from(read(), { objectMode: false, highWaterMark: 1 }),
    end() {
      isComplete = true;
      state.wakeReaders();
    },
    fail(error) {
      failure ??= error;
      state.wakeReaders();
    },
    check() {
      if (failure) throw failure;
    },
  };
}

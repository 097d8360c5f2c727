import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ArrivalState } from '../../../sanitizer/streaming/index.ts';
import type { WaitingTime } from './waiting-time.ts';

const CHUNK = 256 * 1024;

/** A new container. It is read from its start while it is written, and may be opened several times. */
export class Feed {
  readonly #path: string;
  readonly #state: ArrivalState;
  readonly #waiting: WaitingTime;
  #isComplete = false;
  #failure: unknown = null;

  /** `waiting` measures the time for which readers wait for more bytes of the container. */
  constructor(path: string, state: ArrivalState, waiting: WaitingTime) {
    this.#path = path;
    this.#state = state;
    this.#waiting = waiting;
  }

  /** Returns the container as a stream, which ends when `end` has been called and all of it was read. */
  open(): Readable {
    // Read a chunk only when the previous chunk has been consumed, so that waiting time is time in which the program waits.
    return Readable.from(this.#read(), { objectMode: false, highWaterMark: 1 });
  }

  /** Marks the container as complete. */
  end(): void {
    this.#isComplete = true;
    this.#state.wakeReaders();
  }

  /** Ends all streams with an error. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#state.wakeReaders();
  }

  /** Throws the error with which a stream failed, because the reader of the stream then saw an early end. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  async *#read(): AsyncGenerator<Buffer> {
    const file = await this.#openWhenWritten();
    try {
      for (let at = 0; ; ) {
        this.check();
        const { written } = this.#state;
        if (at < written) {
          const chunk = await this.#readChunk(file, at, Math.min(CHUNK, written - at));
          at += chunk.length;
          yield chunk;
        } else if (this.#isComplete) return;
        else await this.#waiting.during(this.#state.moreWritten(written));
      }
    } finally {
      await file.close();
    }
  }

  async #openWhenWritten(): Promise<FileHandle> {
    while (this.#state.written === 0 && !this.#failure) await this.#waiting.during(this.#state.moreWritten(0));
    this.check();
    return open(this.#path, 'r');
  }

  /**
   * Reads a chunk, and records an error of the file as a failure. A program that exits early destroys its stream, which is not a failure.
   */
  async #readChunk(file: FileHandle, at: number, length: number): Promise<Buffer> {
    try {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }
}

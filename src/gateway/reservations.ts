import type { DiskSpace } from '../config/disk-reserve.ts';
import { S3Error } from './errors.ts';

/** Disk space reserved for one PUT. */
export interface Reservation {
  /** Rejects with `InsufficientStorage` if the disk runs low and this PUT must stop. Never resolves. */
  readonly revoked: Promise<never>;
  /** Reports the number of bytes that the file system has received so far. Throws the error of `revoked`. */
  written(bytes: number): void;
  /** Releases the space that was not written. */
  release(): void;
}

/** Number of inodes that a PUT needs: a file, and a folder for each part of its key. */
const FILES_PER_PUT = 8;
/** Interval in milliseconds at which free space is measured while bytes arrive, because other programs also use the disk. */
const WATCH_MS = 250;

interface Entry {
  size: number;
  written: number;
  stop: AbortController;
}

/** Allocates the free space above the disk reserve to running PUTs. Bytes that a PUT has reserved but not written yet count as used. */
export class Reservations {
  readonly #measure: () => Promise<DiskSpace>;
  readonly #entries = new Set<Entry>();
  #lastReserve: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** @param measure reads the free space of the disk. */
  constructor(measure: () => Promise<DiskSpace>) {
    this.#measure = measure;
  }

  /** Reserves space for `bytes` bytes. Throws `InsufficientStorage` if the disk reserve would be used. */
  reserve(bytes: number): Promise<Reservation> {
    // Reserve one after another, because each call must see the previous reservation.
    const reserved = this.#lastReserve.then(() => this.#reserveNow(bytes));
    this.#lastReserve = reserved.catch(() => undefined);
    return reserved;
  }

  space(): Promise<DiskSpace> {
    return this.#measure();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #reserveNow(bytes: number): Promise<Reservation> {
    // Compute the sum before measuring, so that bytes written meanwhile count twice rather than not at all.
    const reserved = [...this.#entries].reduce((sum, { size, written }) => sum + size - written, 0);
    const files = this.#entries.size * FILES_PER_PUT;
    const { spareBytes, spareFiles } = await this.#measure();
    if (bytes > spareBytes - reserved || FILES_PER_PUT > spareFiles - files) throw insufficientStorage();
    return this.#add(bytes);
  }

  #add(size: number): Reservation {
    const stop = new AbortController();
    const revoked = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    });
    revoked.catch(() => undefined);
    const entry: Entry = { size, written: 0, stop };
    this.#entries.add(entry);
    this.#timer ??= setInterval(() => void this.#watch(), WATCH_MS).unref();
    return {
      revoked,
      written: (bytes) => {
        stop.signal.throwIfAborted();
        entry.written = Math.min(size, Math.max(entry.written, bytes));
      },
      release: () => {
        this.#entries.delete(entry);
        if (this.#entries.size === 0) this.close();
      },
    };
  }

  /** If the disk reserve is in use nevertheless, stops the PUT that has written the most bytes. Stops one PUT per measurement. */
  async #watch(): Promise<void> {
    const space = await this.#measure().catch(() => null);
    if (!space || space.spareBytes >= 0) return;
    const largest = [...this.#entries].reduce<Entry | null>(
      (most, each) => (most && most.written >= each.written ? most : each),
      null,
    );
    largest?.stop.abort(insufficientStorage());
  }
}

function insufficientStorage(): S3Error {
  return new S3Error(
    'InsufficientStorage',
    'This server is low on disk space and keeps the rest in reserve. Nothing was stored; send it again later.',
  );
}

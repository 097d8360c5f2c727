import type { DiskSpace } from '../config/disk-reserve.ts';
import { S3Error } from './errors.ts';

/** Disk space reserved for one PUT. */
export interface Reservation {
  /** Rejects with `InsufficientStorage` if the disk runs low and this PUT must stop. Never resolves. */
  readonly revoked: Promise<never>;
  /** Reports how many bytes the file system has so far. Throws the error of `revoked`. */
  written(bytes: number): void;
  /** Releases the space that was not written. */
  release(): void;
}

/** Allocates the free space above the disk reserve to running PUTs. */
export interface Reservations {
  /** Reserves space for that many bytes. Throws `InsufficientStorage` if the disk reserve would be used. */
  reserve(bytes: number): Promise<Reservation>;
  space(): Promise<DiskSpace>;
  close(): void;
}

/** Inodes of a PUT: a file, and a folder for each part of its key. */
const FILES_PER_PUT = 8;
/** Interval in milliseconds at which free space is measured while bytes arrive: other programs use the disk, too. */
const WATCH_MS = 250;

interface Entry {
  size: number;
  written: number;
  stop: AbortController;
}

/** `measure` reads the free space of the disk. Bytes that running PUTs have yet to write count as used. */
export function openReservations(measure: () => Promise<DiskSpace>): Reservations {
  const entries = new Set<Entry>();
  let lastReserve: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function reserve(bytes: number): Promise<Reservation> {
    // Sum up before measuring: bytes written meanwhile count twice rather than not at all.
    const reserved = [...entries].reduce((sum, { size, written }) => sum + size - written, 0);
    const files = entries.size * FILES_PER_PUT;
    const { spareBytes, spareFiles } = await measure();
    if (bytes > spareBytes - reserved || FILES_PER_PUT > spareFiles - files) throw insufficientStorage();
    return add(bytes);
  }

  function add(size: number): Reservation {
    const stop = new AbortController();
    const revoked = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    });
    revoked.catch(() => undefined);
    const entry: Entry = { size, written: 0, stop };
    entries.add(entry);
    timer ??= setInterval(watch, WATCH_MS).unref();
    return {
      revoked,
      written(bytes) {
        stop.signal.throwIfAborted();
        entry.written = Math.min(size, Math.max(entry.written, bytes));
      },
      release() {
        entries.delete(entry);
        if (entries.size === 0) stopWatch();
      },
    };
  }

  /** If the disk reserve is used nevertheless, stops the PUT that has written most: one per measurement. */
  async function watch(): Promise<void> {
    const space = await measure().catch(() => null);
    if (!space || space.spareBytes >= 0) return;
    const largest = [...entries].reduce<Entry | null>(
      (most, each) => (most && most.written >= each.written ? most : each),
      null,
    );
    largest?.stop.abort(insufficientStorage());
  }

  function stopWatch(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    // One at a time: each call must see the previous reservation.
    reserve(bytes) {
      const reserved = lastReserve.then(() => reserve(bytes));
      lastReserve = reserved.catch(() => undefined);
      return reserved;
    },
    space: measure,
    close: stopWatch,
  };
}

function insufficientStorage(): S3Error {
  return new S3Error(
    'InsufficientStorage',
    'This server is low on disk space and keeps the rest in reserve. Nothing was stored; send it again later.',
  );
}

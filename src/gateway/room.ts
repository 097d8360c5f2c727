import type { DiskSpace } from '../config/disk-reserve.ts';
import { S3Error } from './errors.ts';

/** Disk space that one PUT may fill. */
export interface Place {
  /** Rejects with `InsufficientStorage` when the disk runs low and this PUT has to go. Never resolves. */
  readonly revoked: Promise<never>;
  /** Says how many of the bytes the file system has by now. Throws what `revoked` rejects with. */
  written(bytes: number): void;
  /** Releases what was not written. */
  release(): void;
}

/** The free space above the reserve, shared out among the PUTs under way. */
export interface Room {
  /** Promises room for that many bytes. Throws `InsufficientStorage` when the reserve would be touched. */
  take(bytes: number): Promise<Place>;
  space(): Promise<DiskSpace>;
  close(): void;
}

/** A file, and a folder for each part of its key. */
const FILES_OF_A_PUT = 8;
/** Other programs write to this disk as well: how often it is measured while bytes arrive, milliseconds. */
const WATCH_MS = 250;

interface Held {
  size: number;
  written: number;
  stop: AbortController;
}

/** `measure` reads the disk's free space. What PUTs under way have still to write counts as written. */
export function openRoom(measure: () => Promise<DiskSpace>): Room {
  const places = new Set<Held>();
  let lastTake: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function take(bytes: number): Promise<Place> {
    // Before measuring: what is written meanwhile counts twice rather than not at all.
    const promised = [...places].reduce((sum, { size, written }) => sum + size - written, 0);
    const files = places.size * FILES_OF_A_PUT;
    const { spareBytes, spareFiles } = await measure();
    if (bytes > spareBytes - promised || FILES_OF_A_PUT > spareFiles - files) throw noRoom();
    return hold(bytes);
  }

  function hold(size: number): Place {
    const stop = new AbortController();
    const revoked = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    });
    revoked.catch(() => undefined);
    const held: Held = { size, written: 0, stop };
    places.add(held);
    timer ??= setInterval(watch, WATCH_MS).unref();
    return {
      revoked,
      written(bytes) {
        stop.signal.throwIfAborted();
        held.written = Math.min(size, Math.max(held.written, bytes));
      },
      release() {
        places.delete(held);
        if (places.size === 0) stopWatch();
      },
    };
  }

  /** When the reserve is being used after all, the PUT that has taken most is ended: one per measurement. */
  async function watch(): Promise<void> {
    const space = await measure().catch(() => null);
    if (!space || space.spareBytes >= 0) return;
    const largest = [...places].reduce<Held | null>(
      (most, each) => (most && most.written >= each.written ? most : each),
      null,
    );
    largest?.stop.abort(noRoom());
  }

  function stopWatch(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    // One at a time: each must see what the one before has taken.
    take(bytes) {
      const taken = lastTake.then(() => take(bytes));
      lastTake = taken.catch(() => undefined);
      return taken;
    },
    space: measure,
    close: stopWatch,
  };
}

function noRoom(): S3Error {
  return new S3Error(
    'InsufficientStorage',
    'This server is low on disk space and keeps the rest in reserve. Nothing was stored; send it again later.',
  );
}

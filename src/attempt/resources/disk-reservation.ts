import type { DiskSpace } from '../../config/disk-reserve.ts';
import { JobFailure } from '../../contract/failures.ts';

/** Free bytes above the reserve that an attempt needs to start. */
const LEAST_BYTES = 4 * 2 ** 20;
/** Smallest limit for the writes of a cell. Many outputs are smaller; a larger one fails. */
const LEAST_CELL_BYTES = 2 ** 20;
/** While attempts run, the disk is measured at an interval between these bounds, see `watchMs`. */
const SHORTEST_WATCH_MS = 250;
const LONGEST_WATCH_MS = 5000;
/** How fast anything, including other programs, is assumed to use up the disk. */
const FILL_BYTES_PER_MS = 2e6;
const FILL_FILES_PER_MS = 100;
/** The disk is also measured each time that so many bytes were fetched. */
const WATCH_BYTES = 8 * 2 ** 20;
/** Milliseconds for which the sum of promised bytes is cached. Each presign changes it, but an estimate is enough. */
const PROMISED_MS = 250;

/** The disk has no room to start a job. The job waits in the queue, and the attempt does not count. */
export class DiskFull extends Error {
  constructor() {
    super('the disk has no room for another job');
    this.name = 'DiskFull';
  }
}

/** Accounts for what one attempt writes to the disk of this worker. */
export interface DiskReservation {
  /** Aborted, with a `JobFailure`, when this attempt must release its space. */
  readonly signal: AbortSignal;
  /** Reports that so many more bytes were written. Write no more until the result resolves. */
  recordWrite(bytes: number): Promise<void> | undefined;
  /** Reserves room before a copy of that many bytes. Throws `JobFailure` with `storage_full`. */
  reserve(bytes: number): Promise<void>;
  /** Bytes that the attempt's cell may write: an equal share for each slot. Throws `DiskFull`. */
  cellBytes(): Promise<number>;
  release(): void;
}

/**
 * Disk space for fetched sources, remuxed containers and outputs: what is free above the reserve and not promised to
 * uploads. If there are several accounts, none may use more than it leaves free.
 */
export interface DiskBudget {
  /** Starts an attempt of the account. Throws `DiskFull`. */
  enter(accountId: string): Promise<DiskReservation>;
  /** Free bytes above the reserve. */
  spareBytes(): Promise<number>;
}

interface Held {
  accountId: string;
  bytes: number;
  stop: AbortController;
}

/**
 * Milliseconds until the disk must be measured again: a program that writes 2 GB or creates 100,000 files in a second is
 * seen before it reaches the reserve. Each measurement costs a request to the storage and a query.
 */
export function watchMs({ left, spareFiles }: { left: number; spareFiles: number }): number {
  const ms = Math.min(left / FILL_BYTES_PER_MS, spareFiles / FILL_FILES_PER_MS, LONGEST_WATCH_MS);
  return Math.max(ms, SHORTEST_WATCH_MS);
}

export function openDiskBudget(options: {
  measure: () => Promise<DiskSpace>;
  /** Bytes of this disk that are promised to uploads, and the number of accounts. */
  promised: () => Promise<{ bytes: number; accounts: number }>;
  /** Number of cells that may write concurrently. */
  cells: number;
}): DiskBudget {
  const { measure, cells } = options;
  const promised = remember(options.promised, PROMISED_MS);
  const holds = new Set<Held>();
  let timer: NodeJS.Timeout | undefined;
  let watching: Promise<void> | null = null;
  let unseen = 0;
  /** Until the next measurement, by the last one. */
  let pauseMs = SHORTEST_WATCH_MS;

  async function measureSpace() {
    const [space, { bytes, accounts }] = await Promise.all([measure(), promised()]);
    const left = space.spareFiles > 0 ? space.spareBytes - bytes : Number.NEGATIVE_INFINITY;
    pauseMs = watchMs({ left, spareFiles: space.spareFiles });
    return { space, left, shared: accounts > 1 };
  }

  const workOf = (accountId: string) =>
    [...holds].reduce((sum, hold) => sum + (hold.accountId === accountId ? hold.bytes : 0), 0);

  /** Stops the largest attempt if the reserve is in use, or the largest one of an account that uses too much. */
  async function stopLargest(): Promise<void> {
    const { space, left, shared } = await measureSpace();
    const inReserve = space.spareBytes < 0 || space.spareFiles < 0;
    const running = [...holds].filter(({ stop }) => !stop.signal.aborted);
    const candidates = inReserve
      ? running
      : running.filter(({ accountId }) => shared && workOf(accountId) > Math.max(left, LEAST_BYTES));
    const largest = candidates.reduce<Held | null>(
      (most, hold) => (most && most.bytes >= hold.bytes ? most : hold),
      null,
    );
    if (largest && largest.bytes > 0) largest.stop.abort(outgrown());
  }

  /** Measures the disk, once for all that ask meanwhile. When that fails, it measures again soon. */
  function watch(): Promise<void> {
    unseen = 0;
    watching ??= stopLargest()
      .catch(() => {
        pauseMs = SHORTEST_WATCH_MS;
      })
      .finally(() => {
        watching = null;
        watchLater();
      });
    return watching;
  }

  function watchLater(): void {
    clearTimeout(timer);
    timer = holds.size > 0 ? setTimeout(watch, pauseMs).unref() : undefined;
  }

  function hold(accountId: string): DiskReservation {
    const held: Held = { accountId, bytes: 0, stop: new AbortController() };
    holds.add(held);
    // The room that was seen last sets when to look again, however many attempts start meanwhile.
    if (!timer) watchLater();
    return {
      signal: held.stop.signal,
      recordWrite(bytes) {
        held.bytes += bytes;
        unseen += bytes;
        // The fetch waits: a fast source would fill the disk meanwhile.
        return unseen >= WATCH_BYTES ? watch() : undefined;
      },
      async reserve(bytes) {
        const { left, shared } = await measureSpace();
        const most = shared ? Math.floor((left - workOf(accountId)) / 2) : left;
        if (bytes > most) throw outgrown();
        held.bytes += bytes;
      },
      async cellBytes() {
        const share = Math.floor((await measureSpace()).left / (cells + 1));
        if (share < LEAST_CELL_BYTES) throw new DiskFull();
        return share;
      },
      release() {
        holds.delete(held);
        if (holds.size > 0) return;
        clearTimeout(timer);
        timer = undefined;
      },
    };
  }

  return {
    async enter(accountId) {
      if ((await measureSpace()).left < LEAST_BYTES) throw new DiskFull();
      return hold(accountId);
    },
    spareBytes: async () => (await measure()).spareBytes,
  };
}

function outgrown(): JobFailure {
  return new JobFailure('storage_full', 'The disk of the server has no room for what this job needs.');
}

function remember<T>(ask: () => Promise<T>, ms: number): () => Promise<T> {
  let asked = Number.NEGATIVE_INFINITY;
  let answer: Promise<T> | undefined;
  return () => {
    if (!answer || performance.now() - asked > ms) {
      asked = performance.now();
      answer = ask();
      answer.catch(() => {
        answer = undefined;
      });
    }
    return answer;
  };
}

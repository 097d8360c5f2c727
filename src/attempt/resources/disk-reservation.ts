import type { DiskSpace } from '../../config/disk-reserve.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { Db } from '../../database/pool.ts';

/** Minimum free bytes above the reserve for starting an attempt. */
const LEAST_BYTES = 4 * 2 ** 20;
/** Minimum limit for the writes of a cell. Many outputs would fit in less, but larger outputs would fail. */
const LEAST_CELL_BYTES = 2 ** 20;
/** Bounds of the interval at which the disk is measured while attempts run; see `watchMs`. */
const SHORTEST_WATCH_MS = 250;
const LONGEST_WATCH_MS = 5000;
/** Assumed maximum rates at which all programs together use up the bytes and files of the disk. */
const FILL_BYTES_PER_MS = 2e6;
const FILL_FILES_PER_MS = 100;
/** Number of fetched bytes after which the disk is measured at once. */
const WATCH_BYTES = 8 * 2 ** 20;
/** Milliseconds for which the sum of promised bytes is cached. Each presigned upload changes the sum, but an estimate is enough. */
const PROMISED_MS = 250;

/** Error if the disk has no space to start a job. The job waits in the queue, and the attempt does not count. */
export class DiskFull extends Error {
  constructor() {
    super('the disk has no space for another job');
    this.name = 'DiskFull';
  }
}

/** Accounts for the bytes that one attempt writes to the disk of this worker. */
export interface DiskReservation {
  /** Aborted, with a `JobFailure`, when this attempt must release its space. */
  readonly signal: AbortSignal;
  /** Reports that this number of bytes was written. If this returns a promise, wait for the promise before you write more. */
  recordWrite(bytes: number): Promise<void> | undefined;
  /** Reserves space before a copy of this number of bytes. Rejects with `JobFailure` (`storage_full`). */
  reserve(bytes: number): Promise<void>;
  /**
   * Resolves to the number of bytes that the attempt's cell may write: an equal share for each cell, while one share stays free. Rejects
   * with `DiskFull`.
   */
  cellBytes(): Promise<number>;
  release(): void;
}

/**
 * Returns the milliseconds until the disk must be measured again. A program that writes 2 GB or creates 100,000 files in a second is
 * detected before it reaches the reserve, unless this takes less than `SHORTEST_WATCH_MS`. Each measurement costs a request to storage and
 * a query.
 */
export function watchMs({ left, spareFiles }: { left: number; spareFiles: number }): number {
  const ms = Math.min(left / FILL_BYTES_PER_MS, spareFiles / FILL_FILES_PER_MS, LONGEST_WATCH_MS);
  return Math.max(ms, SHORTEST_WATCH_MS);
}

interface Reserved {
  accountId: string;
  bytes: number;
  stop: AbortController;
}

export interface DiskBudgetOptions {
  measure: () => Promise<DiskSpace>;
  /**
   * Returns the bytes of this disk that are promised to uploads, and the number of accounts. Sends the statement on `connection` if it is
   * given.
   */
  promised: (connection?: Db) => Promise<{ bytes: number; accounts: number }>;
  /** Maximum number of cells that write concurrently. */
  cells: number;
}

/**
 * Disk space for fetched sources, remuxed containers and outputs: the free space above the reserve that is not promised
 * to uploads. If there are several accounts, an account may use at most half of the space that other accounts do not
 * use.
 */
export class DiskBudget {
  readonly #measure: () => Promise<DiskSpace>;
  readonly #promised: DiskBudgetOptions['promised'];
  readonly #cells: number;
  readonly #reservations = new Set<Reserved>();
  #timer: NodeJS.Timeout | undefined;
  #measuring: Promise<void> | null = null;
  /** Bytes written since the last measurement. */
  #unseen = 0;
  /** Milliseconds until the next measurement, as set by the last measurement. */
  #pauseMs = SHORTEST_WATCH_MS;

  constructor({ measure, promised, cells }: DiskBudgetOptions) {
    this.#measure = measure;
    this.#promised = cacheFor(promised, PROMISED_MS);
    this.#cells = cells;
  }

  /** Starts an attempt of the account. Rejects with `DiskFull`. */
  async enter(accountId: string): Promise<DiskReservation> {
    if ((await this.#freeSpace()).left < LEAST_BYTES) throw new DiskFull();
    const reserved: Reserved = { accountId, bytes: 0, stop: new AbortController() };
    this.#reservations.add(reserved);
    // If a measurement is already scheduled, keep it, regardless of how many attempts start meanwhile.
    if (!this.#timer) this.#watchLater();
    return {
      signal: reserved.stop.signal,
      recordWrite: (bytes) => this.#recordWrite(reserved, bytes),
      reserve: (bytes) => this.#reserve(reserved, bytes),
      cellBytes: () => this.#cellBytes(),
      release: () => this.#release(reserved),
    };
  }

  /** Starts to read the promised bytes together with other statements on this connection, unless they were read recently. */
  readAhead(connection: Db): void {
    this.#promised(connection).catch(() => {}); // The attempt reads the promised bytes again.
  }

  /** Resolves to the free bytes above the reserve. */
  async spareBytes(): Promise<number> {
    return (await this.#measure()).spareBytes;
  }

  #recordWrite(reserved: Reserved, bytes: number): Promise<void> | undefined {
    reserved.bytes += bytes;
    this.#unseen += bytes;
    // The fetch waits for the measurement, because a fast source could fill the disk in the meantime.
    return this.#unseen >= WATCH_BYTES ? this.#watch() : undefined;
  }

  async #reserve(reserved: Reserved, bytes: number): Promise<void> {
    const { left, shared } = await this.#freeSpace();
    const most = shared ? Math.floor((left - this.#usedBy(reserved.accountId)) / 2) : left;
    if (bytes > most) throw outgrown();
    reserved.bytes += bytes;
  }

  async #cellBytes(): Promise<number> {
    const share = Math.floor((await this.#freeSpace()).left / (this.#cells + 1));
    if (share < LEAST_CELL_BYTES) throw new DiskFull();
    return share;
  }

  #release(reserved: Reserved): void {
    this.#reservations.delete(reserved);
    if (this.#reservations.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #freeSpace(): Promise<{ space: DiskSpace; left: number; shared: boolean }> {
    const [space, { bytes, accounts }] = await Promise.all([this.#measure(), this.#promised()]);
    const left = space.spareFiles > 0 ? space.spareBytes - bytes : Number.NEGATIVE_INFINITY;
    this.#pauseMs = watchMs({ left, spareFiles: space.spareFiles });
    return { space, left, shared: accounts > 1 };
  }

  #usedBy(accountId: string): number {
    const own = [...this.#reservations].filter((reserved) => reserved.accountId === accountId);
    return own.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Measures the disk, once for all concurrent callers. If the measurement fails, measures again soon. */
  #watch(): Promise<void> {
    this.#unseen = 0;
    this.#measuring ??= this.#stopLargest()
      .catch(() => {
        this.#pauseMs = SHORTEST_WATCH_MS;
      })
      .finally(() => {
        this.#measuring = null;
        this.#watchLater();
      });
    return this.#measuring;
  }

  #watchLater(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#reservations.size > 0 ? setTimeout(() => this.#watch(), this.#pauseMs).unref() : undefined;
  }

  /** Stops the largest attempt if the reserve is in use. Otherwise, stops the largest attempt of the accounts that use too much space. */
  async #stopLargest(): Promise<void> {
    const { space, left, shared } = await this.#freeSpace();
    const inReserve = space.spareBytes < 0 || space.spareFiles < 0;
    const running = [...this.#reservations].filter(({ stop }) => !stop.signal.aborted);
    const candidates = inReserve
      ? running
      : running.filter(({ accountId }) => shared && this.#usedBy(accountId) > Math.max(left, LEAST_BYTES));
    const largest = candidates.reduce<Reserved | null>(
      (most, reserved) => (most && most.bytes >= reserved.bytes ? most : reserved),
      null,
    );
    if (largest && largest.bytes > 0) largest.stop.abort(outgrown());
  }
}

function outgrown(): JobFailure {
  return new JobFailure('storage_full', 'The disk of the server has too little free space for this job.');
}

/** Returns a function that caches the result of `query` for `ms` milliseconds. A failure is not cached. */
function cacheFor<T, Args extends unknown[]>(
  query: (...args: Args) => Promise<T>,
  ms: number,
): (...args: Args) => Promise<T> {
  let queriedAt = Number.NEGATIVE_INFINITY;
  let result: Promise<T> | undefined;
  return (...args) => {
    if (!result || performance.now() - queriedAt > ms) {
      queriedAt = performance.now();
      result = query(...args);
      result.catch(() => {
        result = undefined;
      });
    }
    return result;
  };
}

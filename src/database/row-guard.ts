import { isStorageUnreachable } from './outage.ts';
import { isTransient } from './transient.ts';

/** The loops over many rows, by their names in metrics and the log. */
export const ROW_LOOPS = [
  'recovery',
  'claims',
  'storage_wait',
  'reviews',
  'awaited_uploads',
  'retention',
  'staging',
  'deletion',
  'cleanup',
  'reconciliation',
  'deliveries',
  'events',
] as const;
export type RowLoop = (typeof ROW_LOOPS)[number];

/** Parts of a row that only a newer release may know. */
export const UNKNOWN_ROWS = ['kind', 'event', 'status'] as const;
export type UnknownRow = (typeof UNKNOWN_ROWS)[number];

/**
 * Isolates rows: a row that fails, or that a newer release wrote, is counted and reported, and blocks no other row. There is one guard per
 * process.
 */
export interface RowGuard {
  /**
   * Runs `work` for each row, `atOnce` at a time (default 1). A row that fails rests: calls skip this row for a time that doubles with each
   * failure, up to an hour. Resolves to the number of rows for which `work` succeeded. If the database or the storage is unreachable,
   * rejects and counts no failure of a row.
   */
  each<Row>(
    loop: RowLoop,
    rows: readonly Row[],
    work: (row: Row) => Promise<unknown>,
    options: { idOf: (row: Row) => string; atOnce?: number },
  ): Promise<number>;
  /** Returns the ids of the rows that rest. A query with a limit must exclude them, so that they do not fill its result. */
  resting(loop: RowLoop): string[];
  /** Records the failure of one row. Throws the error if the database or the storage caused it. */
  failed(loop: RowLoop, id: string, error: unknown): Promise<void>;
  /** Counts rows that a newer release wrote. */
  skipped(what: UnknownRow, rows?: number): void;
  counts(): RowCounts;
}

/** Numbers of rows since the start of the process. */
export interface RowCounts {
  failed: Readonly<Record<RowLoop, number>>;
  skipped: Readonly<Record<UnknownRow, number>>;
}

const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 3600_000;
/** Maximum number of rows of one loop that rest. If more rows fail, the row whose last failure is the oldest is tried again. */
const MOST_RESTING = 10_000;

export interface RowGuardOptions {
  /** Pings the storage. Rejects when the storage does not respond. */
  ping: () => Promise<void>;
  /** Called for each failure of a row, with the number of failures of this row so far. */
  onFailure: (failure: { loop: RowLoop; id: string; failures: number; error: unknown }) => void;
  /** Returns the time in milliseconds since 1970. Default: the clock of this machine. */
  now?: () => number;
}

export function createRowGuard(options: RowGuardOptions): RowGuard {
  return new Guard(options);
}

/** Number of failures of a row, and the end of its rest. */
interface Rest {
  failures: number;
  until: number;
}

class Guard implements RowGuard {
  readonly #options: RowGuardOptions;
  readonly #rests = new Map(ROW_LOOPS.map((loop) => [loop, new Map<string, Rest>()]));
  readonly #failed = Object.fromEntries(ROW_LOOPS.map((loop) => [loop, 0])) as Record<RowLoop, number>;
  readonly #skipped = Object.fromEntries(UNKNOWN_ROWS.map((what) => [what, 0])) as Record<UnknownRow, number>;

  constructor(options: RowGuardOptions) {
    this.#options = options;
  }

  async each<Row>(
    loop: RowLoop,
    rows: readonly Row[],
    work: (row: Row) => Promise<unknown>,
    { idOf, atOnce = 1 }: { idOf: (row: Row) => string; atOnce?: number },
  ): Promise<number> {
    const rest = this.#rests.get(loop)!;
    const waiting = rows.filter((row) => (rest.get(idOf(row))?.until ?? 0) <= this.#now()).values();
    let succeeded = 0;
    let outage: { error: unknown } | null = null;
    const follow = async (): Promise<void> => {
      for (const row of waiting) {
        if (outage) return;
        const id = idOf(row);
        try {
          await work(row);
          rest.delete(id);
          succeeded += 1;
        } catch (error) {
          await this.failed(loop, id, error).catch((reason) => {
            outage = { error: reason };
          });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, follow));
    if (outage) throw (outage as { error: unknown }).error;
    return succeeded;
  }

  resting(loop: RowLoop): string[] {
    return [...this.#rests.get(loop)!].flatMap(([id, { until }]) => (until > this.#now() ? [id] : []));
  }

  async failed(loop: RowLoop, id: string, error: unknown): Promise<void> {
    if (await this.#isOutage(error)) throw error;
    const rest = this.#rests.get(loop)!;
    const failures = (rest.get(id)?.failures ?? 0) + 1;
    const until = this.#now() + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failures - 1));
    // The most recent failure is the last entry.
    rest.delete(id);
    rest.set(id, { failures, until });
    if (rest.size > MOST_RESTING) rest.delete(rest.keys().next().value!);
    this.#failed[loop] += 1;
    this.#options.onFailure({ loop, id, failures, error });
  }

  skipped(what: UnknownRow, rows = 1): void {
    this.#skipped[what] += rows;
  }

  counts(): RowCounts {
    return { failed: this.#failed, skipped: this.#skipped };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** Whether an error concerns every row, rather than only this row. */
  async #isOutage(error: unknown): Promise<boolean> {
    if (isTransient(error) && !isContention(error)) return true;
    if (!isStorageUnreachable(error)) return false;
    // If the storage fails only for one key, it still responds to the ping.
    return this.#options.ping().then(
      () => false,
      () => true,
    );
  }
}

/** Whether the statement waited too long, for a lock of the row or otherwise. If this happens to a row each time, the server is not the cause. */
function isContention(error: unknown): boolean {
  return /^(40|55P03|57014)/.test((error as { code?: string } | null)?.code ?? '');
}

import type { HistoryPoint } from '../contract/history.ts';
import type { Context } from '../database/context.ts';
import { readStatistics } from '../fleet/statistics.ts';

export const INTERVAL_SECONDS = 60;
const KEPT_SECONDS = 3600;

export interface History {
  /** Returns the points of the last hour, oldest first. If there is none, reads the first point now. */
  read(): Promise<readonly HistoryPoint[]>;
  /** Reads one point per minute until `close` is called. */
  start(): void;
  close(): void;
}

/** Records the load of the server in the last hour, in the memory of this process. */
export function openHistory(context: Pick<Context, 'db' | 'store'>): History {
  const points: HistoryPoint[] = [];
  let timer: NodeJS.Timeout | undefined;
  const add = async () => {
    points.push(await readPoint(context));
    if (points.length > KEPT_SECONDS / INTERVAL_SECONDS) points.shift();
  };
  // While the database is unreachable, the history has a gap.
  const tryToAdd = () => void add().catch(() => undefined);
  return {
    async read() {
      if (points.length === 0) await add();
      return points;
    },
    start() {
      tryToAdd();
      timer = setInterval(tryToAdd, INTERVAL_SECONDS * 1000).unref();
    },
    close: () => clearInterval(timer),
  };
}

async function readPoint(context: Pick<Context, 'db' | 'store'>): Promise<HistoryPoint> {
  const { queue, slots, storedBytes, space } = await readStatistics(context, []);
  const count = (status: string) =>
    queue.filter((row) => row.status === status).reduce((sum, row) => sum + row.count, 0);
  return {
    at: new Date().toISOString(),
    waiting: count('pending'),
    running: count('processing'),
    slots,
    stored_bytes: storedBytes,
    spare_bytes: space && Math.max(0, space.spareBytes),
  };
}

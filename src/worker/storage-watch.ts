import { setTimeout as sleep } from 'node:timers/promises';
import { isStorageUnreachable } from '../database/outage.ts';
import type { Logger } from '../telemetry/index.ts';

/** Tracks whether storage is unreachable, so that this worker starts no work that would fail. */
export interface StorageWatch {
  /** Returns the milliseconds since storage was reported unreachable, or 0 while storage responds. */
  outageMs(): number;
  /** Call this from work that fails because storage is unreachable. */
  reportUnreachable(): void;
  close(): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Pings storage from the moment at which it is reported unreachable until it responds. */
export function watchStorage(options: { ping: () => Promise<void>; onBack: () => void; logger: Logger }): StorageWatch {
  const { ping, onBack, logger } = options;
  const closing = new AbortController();
  let since: number | null = null;

  /** Whether storage responds. An error response also counts, because work that receives an error response fails with a reason. */
  const responds = () =>
    ping().then(
      () => true,
      (error) => !isStorageUnreachable(error),
    );

  async function pingUntilBack(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await sleep(pause, undefined, { signal: closing.signal });
      if (await responds()) break;
    }
    logger.info({ ms: Math.round(outageMs()) }, 'storage responds again');
    since = null;
    onBack();
  }

  const outageMs = () => (since === null ? 0 : performance.now() - since);

  return {
    outageMs,
    reportUnreachable() {
      if (since !== null || closing.signal.aborted) return;
      since = performance.now();
      logger.warn({}, 'storage is unreachable: no work starts until it responds');
      pingUntilBack().catch(() => undefined); // The watch was closed.
    },
    close: () => closing.abort(),
  };
}

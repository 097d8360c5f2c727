import { setTimeout as sleep } from 'node:timers/promises';
import { isStorageAway } from '../database/outage.ts';
import type { Logger } from '../telemetry/index.ts';

/** Tracks whether the storage is unreachable, so that this worker takes no work that would fail. */
export interface StorageWatch {
  /** Milliseconds since the storage was found unreachable; 0 while it answers. */
  awayMs(): number;
  /** Reports that the storage is unreachable. Called by work that fails because of it. */
  found(): void;
  close(): void;
}

const FIRST_LOOK_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Watches a storage: once it is reported unreachable, pings it until it answers. */
export function watchStorage(options: { ping: () => Promise<void>; onBack: () => void; logger: Logger }): StorageWatch {
  const { ping, onBack, logger } = options;
  const closing = new AbortController();
  let since: number | null = null;

  /** A refusal counts as an answer: work that gets one fails with a reason. */
  const answers = () =>
    ping().then(
      () => true,
      (error) => !isStorageAway(error),
    );

  async function lookUntilBack(): Promise<void> {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await sleep(pause, undefined, { signal: closing.signal });
      if (await answers()) break;
    }
    logger.info({ ms: Math.round(awayMs()) }, 'the storage answers again');
    since = null;
    onBack();
  }

  const awayMs = () => (since === null ? 0 : performance.now() - since);

  return {
    awayMs,
    found() {
      if (since !== null || closing.signal.aborted) return;
      since = performance.now();
      logger.warn({}, 'the storage is unreachable: no work is taken until it answers');
      lookUntilBack().catch(() => undefined); // closed
    },
    close: () => closing.abort(),
  };
}

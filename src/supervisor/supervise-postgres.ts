import { type BackoffPolicy, createBackoff, DEFAULT_BACKOFF, pause } from './backoff.ts';
import { type EmbeddedPostgres, openEmbeddedPostgres, type PostgresOptions } from './postgres.ts';

export interface SupervisedPostgres {
  /** Stays the same across restarts, so that connection pools can reconnect. */
  readonly url: string;
  readonly socketDir: string;
  /** Process id of the current server. Null while no server runs. */
  readonly pid: number | null;
  readonly restarts: number;
  /** Resolves when a new database is on the disk. */
  readonly durable: Promise<void>;
  stop(): Promise<void>;
}

/** Opens the embedded PostgreSQL and restarts it whenever it dies, until `stop()`. Rejects if the first start fails. */
export async function supervisePostgres(
  options: PostgresOptions & { backoff?: BackoffPolicy },
): Promise<SupervisedPostgres> {
  const { logger } = options;
  const backoff = createBackoff(options.backoff ?? DEFAULT_BACKOFF);
  const stopped = new AbortController();
  let restarts = 0;
  let pid: number | null = null;
  let restarting: Promise<void> = Promise.resolve();
  let current: EmbeddedPostgres = await openEmbeddedPostgres(options);
  const { url, socketDir, durable } = current;

  const watch = () => {
    const since = performance.now();
    pid = current.pid;
    current.onExit((exit) => {
      pid = null;
      logger.error({ ...exit }, 'PostgreSQL exited unexpectedly; restarting it');
      restarting = reopen(performance.now() - since);
    });
  };
  const reopen = async (lastUptimeMs: number) => {
    // Release the lock of the dead server, which needs no shutdown.
    await current.stop().catch((error) => logger.error({ err: error }, 'cannot release the dead PostgreSQL'));
    for (let uptimeMs = lastUptimeMs; ; uptimeMs = 0) {
      await pause(backoff.next(uptimeMs), stopped.signal);
      if (stopped.signal.aborted) return;
      try {
        current = await openEmbeddedPostgres(options);
        restarts += 1;
        return watch();
      } catch (error) {
        logger.error({ err: error }, 'PostgreSQL failed to start; retrying');
      }
    }
  };
  watch();
  return {
    url,
    socketDir,
    durable,
    get pid() {
      return pid;
    },
    get restarts() {
      return restarts;
    },
    async stop() {
      stopped.abort();
      await restarting;
      await current.stop();
      pid = null;
    },
  };
}

import { type BackoffPolicy, createBackoff, DEFAULT_BACKOFF, pause } from './backoff.ts';
import { type EmbeddedPostgres, openEmbeddedPostgres, type PostgresOptions } from './postgres.ts';

export interface KeptPostgres {
  /** The same over all restarts, so pools simply connect again. */
  readonly url: string;
  readonly socketDir: string;
  /** Process id of the present server; null while there is none. */
  readonly pid: number | null;
  readonly restarts: number;
  stop(): Promise<void>;
}

/** Opens the embedded PostgreSQL and starts it again whenever it dies, until `stop()`. Rejects when the first start fails. */
export async function keepEmbeddedPostgres(
  options: PostgresOptions & { backoff?: BackoffPolicy },
): Promise<KeptPostgres> {
  const { logger } = options;
  const backoff = createBackoff(options.backoff ?? DEFAULT_BACKOFF);
  const stopped = new AbortController();
  let restarts = 0;
  let pid: number | null = null;
  let restarting: Promise<void> = Promise.resolve();
  let current: EmbeddedPostgres = await openEmbeddedPostgres(options);
  const { url, socketDir } = current;

  const watch = () => {
    const since = performance.now();
    pid = current.pid;
    current.onExit((exit) => {
      pid = null;
      logger.error({ ...exit }, 'PostgreSQL ended unexpectedly; starting it again');
      restarting = reopen(performance.now() - since);
    });
  };
  const reopen = async (livedMs: number) => {
    // Lets go of the lock on the dead server; there is nothing to shut down.
    await current.stop().catch((error) => logger.error({ err: error }, 'the old PostgreSQL could not be left'));
    for (let lived = livedMs; ; lived = 0) {
      await pause(backoff.next(lived), stopped.signal);
      if (stopped.signal.aborted) return;
      try {
        current = await openEmbeddedPostgres(options);
        restarts += 1;
        return watch();
      } catch (error) {
        logger.error({ err: error }, 'PostgreSQL does not start; trying again');
      }
    }
  };
  watch();
  return {
    url,
    socketDir,
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

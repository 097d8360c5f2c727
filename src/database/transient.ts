/** Codes of errors of sockets, and of lookups of host names. */
const SOCKET_ERRORS = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN EAI_AGAIN ENOTFOUND'.split(
    ' ',
  ),
);

/** SQLSTATE codes with which the server ends a connection: classes 08 and 57P, and time limits of idle and long transactions. */
const ENDED_BY_SERVER = /^(08|57P|25P03|25P04)/;

/**
 * Messages of errors without a code, which `pg`, `pg-pool` and Kysely raise for a connection that is broken or cannot be opened. After an
 * unexpected or invalid message of the server, `pg` no longer uses the connection.
 */
const LOST_BY_DRIVER = new RegExp(
  [
    'Connection terminated',
    'is not queryable',
    'Query read timeout',
    'timeout expired',
    'connection timeout',
    'timeout exceeded when trying to connect',
    'server closed',
    'error establishing an SSL connection',
    'Received unexpected \\w+ message from backend',
    'received invalid response',
    'connection has been discarded',
  ].join('|'),
  'i',
);

/**
 * Whether a query failed because its connection is broken or could not be opened. It is then unknown whether the server has run the query:
 * see `commit-outcome.ts`.
 */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost);
  const { code = '', message = '', syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (ENDED_BY_SERVER.test(code) || SOCKET_ERRORS.has(code)) return true;
  // The server's socket does not exist yet. For any other file, a retry would not help.
  if (code === 'ENOENT') return syscall === 'connect';
  return LOST_BY_DRIVER.test(message);
}

/**
 * SQLSTATE codes of failures that the statement does not cause. Source: appendix A of the PostgreSQL documentation.
 *
 * - 25006: the server is a standby that is about to be promoted.
 * - 40001, 40P01: the server rolled back this transaction because of a conflict or a deadlock with another transaction.
 * - 53: the server lacks resources such as connections, memory or disk space.
 * - 55P03: the server did not grant a lock in time.
 * - 57014: the server canceled the statement, for example after `statement_timeout`.
 * - 58030: the server could not read or write its disk.
 */
const UNRELATED = /^(25006|40001|40P01|53|55P03|57014|58030)/;

/** Whether a failed query may succeed when retried, because the statement did not cause the failure. */
export function isTransient(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code ?? '';
  return UNRELATED.test(code) || isConnectionLost(error) || isStalePlan(error);
}

/**
 * Whether PostgreSQL rejected a prepared statement because a migration has changed the columns of its result. Some servers translate the
 * message, but not the name of the function that raises the error.
 */
export function isStalePlan(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as { code?: string; routine?: string };
  return code === '0A000' && routine === 'RevalidateCachedQuery';
}

/**
 * Repeats `work` while it fails for a transient reason, for at most `forMs`. The waits double from 50 ms to 2 s. `work` must be safe to
 * repeat: one complete transaction with a conditional update.
 */
export async function retryTransient<T>(work: () => Promise<T>, forMs: number, signal?: AbortSignal): Promise<T> {
  const until = Date.now() + forMs;
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || Date.now() + wait > until || signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

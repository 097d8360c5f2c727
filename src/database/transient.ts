const SOCKET_ERRORS = 'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN'.split(' ');

/**
 * Whether a failed query may succeed when retried: the server is unreachable, restarting, about to be promoted from a standby or out of
 * connections, ended a transaction that was idle for too long, or chose this transaction as the victim of a deadlock. Covers classes 08 and
 * 57P and 25006, 25P03, 53300, 40001, 40P01 and 55P03 of the PostgreSQL error codes (appendix A), the socket errors, and `isStalePlan`.
 */
export function isTransient(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code ?? '';
  if (/^(08|57P|25006|25P03|53300|40001|40P01|55P03)/.test(code)) return true;
  if (SOCKET_ERRORS.includes(code) || isStalePlan(error)) return true;
  // The server's socket does not exist yet. For any other file, a retry would not help.
  if (code === 'ENOENT') return (error as NodeJS.ErrnoException).syscall === 'connect';
  const message = (error as Error | null)?.message ?? '';
  return /Connection terminated|connection timeout|timeout exceeded when trying to connect|Query read timeout|server closed/i.test(
    message,
  );
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

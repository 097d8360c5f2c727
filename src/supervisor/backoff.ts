/** How long to wait before a process that died is started again. All in milliseconds. */
export interface BackoffPolicy {
  firstMs: number;
  maximumMs: number;
  /** A process that lived this long restarts the count. */
  healthyMs: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { firstMs: 100, maximumMs: 10_000, healthyMs: 60_000 };

export interface Backoff {
  /** The pause after a process that lived for `livedMs`. Doubles from the first failure on, up to the maximum. */
  next(livedMs: number): number;
  /** Short lives in a row, the last one included. */
  readonly failures: number;
}

export function createBackoff(policy: BackoffPolicy = DEFAULT_BACKOFF): Backoff {
  let failures = 0;
  return {
    next(livedMs) {
      failures = livedMs >= policy.healthyMs ? 1 : failures + 1;
      return Math.min(policy.firstMs * 2 ** (failures - 1), policy.maximumMs);
    },
    get failures() {
      return failures;
    },
  };
}

/** Sleeps, or wakes early (without an error) when `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

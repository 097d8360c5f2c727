/** The delays before restarts of a process. */
export interface BackoffPolicy {
  firstMs: number;
  maximumMs: number;
  /** Uptime after which the count of failures starts again, because a program that ran this long did not fail at its start. */
  healthyMs: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { firstMs: 100, maximumMs: 10_000, healthyMs: 10_000 };

export interface Backoff {
  /** Returns the milliseconds to wait after a process ended with that uptime. Doubles with each consecutive failure up to the maximum. */
  next(uptimeMs: number): number;
  /** Number of consecutive failures, including the last failure. */
  readonly failures: number;
}

export function createBackoff(policy: BackoffPolicy = DEFAULT_BACKOFF): Backoff {
  let failures = 0;
  return {
    next(uptimeMs) {
      failures = uptimeMs >= policy.healthyMs ? 1 : failures + 1;
      return Math.min(policy.firstMs * 2 ** (failures - 1), policy.maximumMs);
    },
    get failures() {
      return failures;
    },
  };
}

/** Waits for `ms` milliseconds. Resolves early, without an error, when `signal` is aborted. */
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

/** How long to wait before restarting a process, in milliseconds. */
export interface BackoffPolicy {
  firstMs: number;
  maximumMs: number;
  /** An uptime that resets the count of failures, because a program that ran this long does not fail at its start. */
  healthyMs: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { firstMs: 100, maximumMs: 10_000, healthyMs: 10_000 };

export interface Backoff {
  /** Milliseconds to wait after a process with that uptime. Doubles with each consecutive failure up to the maximum. */
  next(uptimeMs: number): number;
  /** Consecutive failures, including the last one. */
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

/** Sleeps. Resolves early, without an error, when `signal` is aborted. */
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

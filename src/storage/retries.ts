/** Time-outs and retries of a backend. */
export interface RetrySettings {
  /** Milliseconds to wait before each retry. Jitter multiplies each wait by 0.5 to 1.5. */
  waitsMs: readonly number[];
  /** Milliseconds after the first failure within which retries may begin. Without this limit, time-outs would add up. */
  withinMs: number;
  connectMs: number;
  /** Idle time-out in milliseconds. A store responds to a PUT only after it has made up to 2 GB durable, possibly on a slow disk. */
  silenceMs: number;
  /**
   * Maximum number of milliseconds for which an aborted write waits for its response if its body has been sent. Without this wait, the
   * store could execute the write after the caller has deleted the object. Defaults to 0.
   */
  outcomeMs?: number;
}

/** For a store on a network. The waits add up to 31 s, since a provider that throttles (503 SlowDown) requires waits of seconds. */
export const S3_RETRIES: RetrySettings = {
  waitsMs: [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000],
  withinMs: 40_000,
  connectMs: 5_000,
  silenceMs: 120_000,
  outcomeMs: 10_000,
};

/** For the gateway on this machine. The waits add up to six seconds, the time of a restart on a busy machine. */
export const EMBEDDED_RETRIES: RetrySettings = {
  waitsMs: [50, 200, 800, 1600, 3200],
  withinMs: 10_000,
  connectMs: 5_000,
  silenceMs: 120_000,
  outcomeMs: 10_000,
};

/** For another party's store or signed URL. Retries begin within a minute, since each large part may fail once. */
export const DELIVERY_RETRIES: RetrySettings = {
  waitsMs: [500, 1000, 2000, 5000, 10_000, 20_000],
  withinMs: 60_000,
  connectMs: 5_000,
  silenceMs: 120_000,
};

/** Milliseconds after the first failure within which retries may begin while a client waits, for example for a health check. */
const BRIEF_MS = 1600;

export function briefly(settings: RetrySettings): RetrySettings {
  return { ...settings, withinMs: Math.min(settings.withinMs, BRIEF_MS) };
}

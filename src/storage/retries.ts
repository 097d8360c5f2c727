/** How a backend bears with a store that does not answer as it should. */
export interface RetrySettings {
  /** Waits before the second attempt and those after it, milliseconds. Each is drawn from half to one and a half of it. */
  waitsMs: readonly number[];
  /** No attempt begins later than this after the first has failed: otherwise time-outs add up. */
  withinMs: number;
  connectMs: number;
  /** Longest silence. The answer to a PUT comes after the store has made the bytes durable: up to 2 GB on a slow disk. */
  silenceMs: number;
}

/** Over a network: 31 s in all, since a provider that slows us down (503 SlowDown) wants seconds, not tries. */
export const S3_RETRIES: RetrySettings = {
  waitsMs: [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000],
  withinMs: 40_000,
  connectMs: 5_000,
  silenceMs: 120_000,
};

/** The gateway of this machine: about a second in all, one restart. */
export const EMBEDDED_RETRIES: RetrySettings = {
  waitsMs: [50, 200, 800],
  withinMs: 5_000,
  connectMs: 5_000,
  silenceMs: 120_000,
};

/** For requests that a caller waits for, such as health checks: attempts begin within this many milliseconds. */
const BRIEF_MS = 1600;

export function briefly(settings: RetrySettings): RetrySettings {
  return { ...settings, withinMs: Math.min(settings.withinMs, BRIEF_MS) };
}

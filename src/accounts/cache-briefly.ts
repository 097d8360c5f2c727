/** Minimum milliseconds for which a result is cached. */
const LEAST_MS = 500;
/** Factor by which a result is cached for longer than its computation took. */
const FACTOR = 20;

/**
 * Caches results by key for half a second, or for 20 times as long as their computation took if this is longer. Even expensive computations
 * therefore take at most a twentieth of the time of sequential callers. Failures are not cached. Concurrent callers do not share a
 * computation, because it may be part of the transaction of one caller.
 */
export function cacheBriefly<T>(now: () => number = () => performance.now()) {
  const known = new Map<string, { until: number; value: T }>();
  return async (key: string, compute: () => Promise<T>): Promise<T> => {
    const at = now();
    const found = known.get(key);
    if (found && at < found.until) return found.value;
    const value = await compute();
    const end = now();
    for (const [other, { until }] of known) if (end >= until) known.delete(other);
    known.set(key, { until: end + Math.max(LEAST_MS, FACTOR * (end - at)), value });
    return value;
  };
}

/** Milliseconds for which a result serves at least. */
const LEAST_MS = 500;
/** A result serves for this many times as long as it took. */
const FACTOR = 20;

/**
 * Remembers results by key for half a second, or for 20 times as long as they took: however expensive they become, one
 * caller after the other spends at most a twentieth of the time on them. Failures are not remembered. Concurrent callers
 * do not share a computation, which may be part of the transaction of one of them.
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

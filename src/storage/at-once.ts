/**
 * Calls `work` for each item in order, with at most `limit` calls at a time. Starts no more calls after a failure. After all running calls
 * have ended, resolves, or rejects with the first failure.
 */
export async function forEachAtOnce<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let failure: { error: unknown } | null = null;
  async function follow(): Promise<void> {
    for (const item of waiting) {
      if (failure) return;
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, follow));
  if (failure) throw (failure as { error: unknown }).error;
}

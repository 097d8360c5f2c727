/**
 * Calls `work` for each item, for at most `limit` of them at a time, in their order. Starts no more after a failure.
 * Resolves, or rejects with the first failure, when no call runs any more.
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

/**
 * Lets tests that each need a process of FFmpeg share one: `work` gets a batch of the items when the first of them is
 * asked for. Where the batch fails, each item is worked on alone, so that only the test of the faulty one fails.
 */
export function inBatches<T, R>(
  items: readonly T[],
  size: number,
  work: (batch: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  const batches = new Map<number, Promise<readonly R[]>>();
  return async (item) => {
    const location = items.indexOf(item);
    const number = Math.floor(location / size);
    let batch = batches.get(number);
    if (!batch) {
      batch = work(items.slice(number * size, (number + 1) * size));
      batches.set(number, batch);
    }
    const results = await batch.catch(() => null);
    return results ? results[location % size]! : (await work([item]))[0]!;
  };
}

/**
 * Lets tests share a process of FFmpeg. When the first result of a batch is requested, `work` processes the whole batch. If the batch
 * fails, each item is processed alone, so that only the test of the faulty item fails.
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

/** A key that occurs in one stream or in both. */
export interface Match<L, R> {
  left: L | null;
  right: R | null;
}

/**
 * Merges two streams of keys in the order of their UTF-8 bytes, and pairs equal keys. Keeps one item of each stream in memory. Throws if a
 * stream is not in this order or repeats a key, because a missing key would then prove nothing.
 */
export async function* mergeByKey<L extends { key: string }, R extends { key: string }>(
  lefts: AsyncIterable<L>,
  rights: AsyncIterable<R>,
): AsyncGenerator<Match<L, R>> {
  const [left, right] = [reader(lefts, 'the storage'), reader(rights, 'the database')];
  try {
    await Promise.all([left.next(), right.next()]);
    while (left.item || right.item) {
      const order = compareItems(left.item, right.item);
      const match = { left: order <= 0 ? left.item : null, right: order >= 0 ? right.item : null };
      yield match;
      await Promise.all([match.left && left.next(), match.right && right.next()]);
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

/** Compares by UTF-8 bytes, the order in which S3 lists keys. JavaScript compares UTF-16 units, whose order differs above U+FFFF. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function reader<T extends { key: string }>(items: AsyncIterable<T>, name: string) {
  const iterator = items[Symbol.asyncIterator]();
  return {
    /** The next item; null at the end of the stream. */
    item: null as T | null,
    async next(): Promise<void> {
      const { value, done } = await iterator.next();
      const next = done ? null : (value as T);
      if (next && this.item && compareKeys(this.item.key, next.key) >= 0) {
        throw new Error(`${name} does not list keys in the order of their bytes`);
      }
      this.item = next;
    },
    async close(): Promise<void> {
      await iterator.return?.();
    },
  };
}

/** Sorts the end of a stream after all keys. */
function compareItems(left: { key: string } | null, right: { key: string } | null): number {
  if (!left) return 1;
  return right ? compareKeys(left.key, right.key) : -1;
}

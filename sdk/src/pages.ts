interface Page<T> {
  items: readonly T[];
  total: number;
  page: number;
  limit: number;
}

/**
 * The items of a list, page after page. What is created meanwhile moves items to later pages, so those that have been seen
 * are left out.
 */
export async function* eachItem<T>(read: (page: number) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  const seen = new Set<unknown>();
  for (let number = 1; ; number++) {
    const { items, total, limit } = await read(number);
    for (const item of items) {
      const { id, filename } = item as { id?: string; filename?: string };
      const name = id ?? filename ?? item;
      if (seen.has(name)) continue;
      seen.add(name);
      yield item;
    }
    if (items.length < limit || number * limit >= total) return;
  }
}

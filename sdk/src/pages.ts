export interface Page<T> {
  items: readonly T[];
  /** Cursor of the next page; null on the last one. */
  next: string | null;
}

/** The items of a list, page after page. Cursors skip and repeat nothing when items are created meanwhile. */
export async function* eachItem<T>(
  read: (next: { after?: string }) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: { after?: string } = {};
  for (;;) {
    const { items, next } = await read(cursor);
    yield* items;
    if (next === null) return;
    cursor = { after: next };
  }
}

export interface Page<T> {
  items: readonly T[];
  /** Cursor of the next page; null on the last page. */
  next: string | null;
}

/** Returns the items of a list, page after page. If items are created meanwhile, cursors neither skip nor repeat items. */
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

import type { DeletedPrefix, ObjectStore } from '../types.ts';
import { checkPrefix } from './checks.ts';

/** Number of keys that one request deletes: a page of a list, and the maximum of DeleteObjects. */
const PAGE = 1000;

/** Returns `deletePrefix`, which lists the keys and deletes them page by page, because S3 cannot delete a prefix. */
export function prefixDeleter(store: Pick<ObjectStore, 'list' | 'deleteMany'>): ObjectStore['deletePrefix'] {
  return async (prefix) => {
    checkPrefix(prefix);
    const result: DeletedPrefix = { deleted: 0, error: null };
    for await (const keys of pagesOf(store.list(prefix))) {
      const { deleted, failed } = await store.deleteMany(keys);
      result.deleted += deleted.length;
      result.error ??= failed.values().next().value ?? null;
      // Stop, because requests for the next page would also time out.
      if ([...failed.values()].some(({ isUnreachable }) => isUnreachable)) break;
    }
    return result;
  };
}

async function* pagesOf(objects: AsyncIterable<{ key: string }>): AsyncGenerator<string[]> {
  let keys: string[] = [];
  for await (const { key } of objects) {
    keys.push(key);
    if (keys.length < PAGE) continue;
    yield keys;
    keys = [];
  }
  if (keys.length > 0) yield keys;
}

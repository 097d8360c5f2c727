import { LRUCache } from 'lru-cache';
import { treeFileKey } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/types.ts';
import type { TreeFile } from './tree.ts';
import { readVerified } from './verified-bytes.ts';

/** Maximum bytes of a text. The playlist of a 12-hour video has about 500 KB. */
const MAX_TEXT_BYTES = 4 * 2 ** 20;
/** Maximum bytes of the texts that a process caches, and the milliseconds for which it caches a text. */
const CACHED_BYTES = 16 * 2 ** 20;
const CACHED_MS = 60_000;

type Wanted = { tree: string; file: Pick<TreeFile, 'path' | 'size' | 'sha256'> };
type TextCache = LRUCache<string, Buffer, Wanted>;
const caches = new WeakMap<ObjectStore, TextCache>();

/**
 * Returns the bytes of a playlist or another text of a tree with this prefix. Returns null if the text is missing, too large, or differs
 * from the tree's manifest. Keeps the text for a minute, because every viewer starts with the same texts.
 */
export async function readTreeText(store: ObjectStore, tree: string, file: Wanted['file']): Promise<Buffer | null> {
  if (file.size > MAX_TEXT_BYTES) return null;
  const bytes = await cacheOf(store).fetch(`${file.sha256} ${tree}`, { context: { tree, file } });
  return bytes ?? null;
}

/** Returns the cache of a storage. Concurrent reads of one text share one request. */
function cacheOf(store: ObjectStore): TextCache {
  const known = caches.get(store);
  if (known) return known;
  const cache: TextCache = new LRUCache({
    maxSize: CACHED_BYTES,
    ttl: CACHED_MS,
    sizeCalculation: (bytes) => bytes.length + 1,
    fetchMethod: (_id, _stale, { context: { tree, file } }) =>
      readVerified(store, treeFileKey(tree, file.path), { maxBytes: file.size, sha256: file.sha256 }),
  });
  caches.set(store, cache);
  return cache;
}

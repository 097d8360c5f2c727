import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { sha256 as sha256Of } from '../crypto/hash.ts';
import { treeManifestKey } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/types.ts';
import type { StoredObject } from './objects.ts';
import { readVerified } from './verified-bytes.ts';

/** Maximum number of files of a tree. */
export const MAX_TREE_FILES = 20_000;
/** Upper bound of the size of a manifest with `MAX_TREE_FILES` files, in bytes. */
const MAX_MANIFEST_BYTES = 16 * 2 ** 20;
/** Estimated memory in bytes of one file of a parsed manifest. Measured: 258 bytes for paths of 14 characters on Node 20. */
const ENTRY_BYTES = 300;
/** Pattern for a part of a path: neither hidden nor an option, without separators, control characters and quotation marks. */
const PART = '[A-Za-z0-9][A-Za-z0-9._-]{0,100}';
/** Pattern for the path of a file in a tree: up to three directories and a name. */
export const TREE_PATH = new RegExp(`^(?:${PART}/){0,3}${PART}$`);

const treeFile = z.object({
  path: z.string().regex(TREE_PATH),
  size: z.number().int().nonnegative(),
  content_type: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** CRC-32, as zip archives store it. */
  crc32: z.number().int().nonnegative(),
});
const manifest = z.object({ v: z.literal(1), files: z.array(treeFile).max(MAX_TREE_FILES) });

/** A file of a tree. */
export type TreeFile = z.infer<typeof treeFile>;

/** Returns the bytes of a manifest, with the files in the order of their paths, and its hash, which identifies the content of the tree. */
export function writeManifest(files: readonly TreeFile[]): { bytes: Buffer; sha256: string } {
  const bytes = Buffer.from(JSON.stringify({ v: 1, files: [...files].sort(byPath) }));
  return { bytes, sha256: sha256Of(bytes).toString('hex') };
}

/** Maximum bytes of the parsed manifests that a process caches, and the milliseconds for which it caches a manifest. */
const CACHED_BYTES = 32 * 2 ** 20;
const CACHED_MS = 60_000;
type ManifestCache = LRUCache<string, readonly TreeFile[], { key: string; sha256: string }>;
const caches = new WeakMap<ObjectStore, ManifestCache>();

/**
 * Returns the files of a stored tree. Returns null if the manifest is missing or differs from the recorded manifest, because then no file
 * below the tree's prefix can be trusted. Keeps the list for a minute, because a player requests many files of one tree.
 */
export async function readTree(
  store: ObjectStore,
  { key, sha256 }: Pick<StoredObject, 'key' | 'sha256'>,
): Promise<readonly TreeFile[] | null> {
  if (sha256 === null) return null;
  const files = await cacheOf(store).fetch(`${sha256} ${key}`, { context: { key, sha256 } });
  return files ?? null;
}

/** Returns the cache of a storage. Concurrent reads of one manifest share one request. */
function cacheOf(store: ObjectStore): ManifestCache {
  const known = caches.get(store);
  if (known) return known;
  const cache: ManifestCache = new LRUCache({
    maxSize: CACHED_BYTES,
    ttl: CACHED_MS,
    sizeCalculation: (files) => ENTRY_BYTES * files.length + 1,
    fetchMethod: (_id, _stale, { context }) => readManifest(store, context),
  });
  caches.set(store, cache);
  return cache;
}

async function readManifest(
  store: ObjectStore,
  { key, sha256 }: { key: string; sha256: string },
): Promise<readonly TreeFile[] | undefined> {
  const bytes = await readVerified(store, treeManifestKey(key), { maxBytes: MAX_MANIFEST_BYTES, sha256 });
  if (!bytes) return undefined;
  return manifest.parse(JSON.parse(bytes.toString())).files;
}

/** Compares paths by code units, which equal bytes because paths are ASCII. */
function byPath(left: TreeFile, right: TreeFile): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}

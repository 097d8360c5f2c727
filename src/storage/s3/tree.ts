import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore, StoredFile } from '../types.ts';
import { checkKey, checkPrefix, invalid } from './checks.ts';

/** Concurrent calls: enough to hide the latency of a store, few enough for the gateway's disk. */
const AT_ONCE = 8;
/** Maximum number of files in a tree, above which it cannot come from a plan. Counted before anything is stored. */
const MAX_FILES = 100_000;

interface TreeFile {
  /** Path relative to the folder, with slashes. */
  name: string;
  path: string;
  size: number;
}

/** Trees as single objects: S3 has no call that stores several, and not every store can delete several. */
export function treeCalls(
  store: Pick<ObjectStore, 'putFile' | 'list' | 'delete'>,
): Pick<ObjectStore, 'putTree' | 'deletePrefix'> {
  return {
    async putTree(prefix, folder, { contentTypeOf, entry, patience }) {
      checkPrefix(prefix);
      const files = await plainFiles(folder);
      for (const { name } of files) checkKey(prefix + name);
      const put = async ({ name, path, size }: TreeFile): Promise<void> => {
        const options = { contentType: contentTypeOf(name), size, ...(patience && { patience }) };
        await store.putFile(prefix + name, path, options);
      };
      const last = files.filter(({ name }) => name === entry);
      if (entry !== undefined && last.length === 0) throw invalid('the tree does not contain its entry file');
      await eachOf(
        files.filter(({ name }) => name !== entry),
        put,
      );
      await eachOf(last, put);
      return files.map(({ name, size }): StoredFile => ({ key: prefix + name, size }));
    },

    async deletePrefix(prefix) {
      checkPrefix(prefix);
      let deleted = 0;
      await eachOf(store.list(prefix), async ({ key }) => {
        await store.delete(key);
        deleted += 1;
      });
      return deleted;
    },
  };
}

/** Files below the folder by name. Throws on links: a cell may have left one to a file of the host. */
async function plainFiles(folder: string): Promise<TreeFile[]> {
  const files: TreeFile[] = [];
  const open = [''];
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      const path = join(folder, name);
      const stats = await lstat(path);
      if (stats.isDirectory()) open.push(name);
      else if (stats.isFile() && stats.nlink === 1) files.push({ name, path, size: stats.size });
      else throw invalid('a tree contains something that is not a plain file');
      if (files.length + open.length > MAX_FILES) throw invalid(`a tree contains more than ${MAX_FILES} files`);
    }
  }
  return files.sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name)));
}

/**
 * Runs the task for each item, several concurrently. After a failure it starts no more, and rejects when the running
 * tasks have ended.
 */
async function eachOf<T>(items: AsyncIterable<T> | Iterable<T>, task: (item: T) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed: { error: unknown } | null = null;
  try {
    for await (const item of items) {
      const one: Promise<void> = task(item)
        .catch((error: unknown) => {
          failed ??= { error };
        })
        .finally(() => running.delete(one));
      running.add(one);
      if (running.size >= AT_ONCE) await Promise.race(running);
      if (failed) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failed) throw (failed as { error: unknown }).error;
}

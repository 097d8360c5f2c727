import { closeSync, fsync, openSync, realpathSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { isReal } from '../storage/embedded/disk-layout.ts';

/** Makes the bytes of an open file, or the names in an open folder, durable. */
export const flush = promisify(fsync);

/** Creates a private folder if it is missing. Throws if a component of its path is a symbolic link. */
export async function makeRealFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (!isReal(path)) throw new Error('the storage folder contains a symbolic link where a folder is expected');
}

/** Makes the names in a folder durable across a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const folder = openSync(path, 'r');
  await flush(folder).finally(() => closeSync(folder));
}

/**
 * Creates a folder and its missing parents, as `mkdir -p` does. `changed` contains the folders that must be synced before the new names are
 * durable. The caller can sync these folders concurrently, which needs fewer commits of the file system than one sync after another.
 * `isNew`: whether the folder was missing, so that it is empty unless another request writes to it. Throws if the path contains a symbolic
 * link. Retries, because `pruneFolder` may remove sibling folders at the same time.
 */
export async function makeFolder(path: string, attempts = 10): Promise<{ changed: string[]; isNew: boolean }> {
  const missing: string[] = [];
  let existing = path;
  for (let real = realOrNull(path); real !== existing; real = realOrNull(existing)) {
    if (real !== null) throw new Error('the storage folder contains a symbolic link');
    missing.unshift(existing);
    existing = dirname(existing);
  }
  for (const folder of missing) {
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && attempts > 0) return makeFolder(path, attempts - 1);
      if (code !== 'EEXIST') throw error;
    }
  }
  return { changed: missing.map(dirname), isNew: missing.length > 0 };
}

function realOrNull(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Removes a folder and its parents below `top` as long as they are empty. Resolves when the change is durable. */
export async function pruneFolder(top: string, path: string): Promise<void> {
  let folder = path;
  try {
    for (; folder !== top; folder = dirname(folder)) await rmdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EEXIST') throw error;
  }
  await syncFolder(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

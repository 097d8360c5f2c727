import { mkdir, open, realpath, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes names in the folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/**
 * `mkdir -p` whose new names are durable, and which makes nothing behind a symbolic link. Races with `pruneFolder` of
 * neighbours, hence the attempts.
 */
export async function makeFolder(path: string, attempts = 10): Promise<void> {
  const missing: string[] = [];
  let existing = path;
  for (let real = await realOrNull(path); real !== existing; real = await realOrNull(existing)) {
    if (real !== null) throw new Error('a symbolic link lies in the storage folder');
    missing.unshift(existing);
    existing = dirname(existing);
  }
  for (const folder of missing) {
    try {
      await mkdir(folder, { mode: 0o700 });
      await syncFolder(dirname(folder));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && attempts > 0) return makeFolder(path, attempts - 1);
      if (code !== 'EEXIST') throw error;
    }
  }
}

async function realOrNull(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Removes the folder and its parents below `top` while they are empty, and makes that durable. */
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

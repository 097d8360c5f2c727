import { randomUUID } from 'node:crypto';
import { type Dirent, lstatSync, opendirSync, rmdirSync, unlinkSync } from 'node:fs';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Maximum number of entries, and of bytes that are freed, of a folder that is removed without the thread pool. */
const [SMALL_ENTRIES, SMALL_BYTES] = [16, 16 * 2 ** 20];

/**
 * Removes a folder that hostile code has filled. `fs.rm` fails on two things that such code can create: folders without permissions (if the
 * service is not root), and trees deeper than the longest path (made with `mkdirat`). In these cases, this makes folders accessible and
 * moves deep folders up before it calls `fs.rm` again.
 */
export async function removeTree(path: string): Promise<void> {
  if (removeSmall(path, { entries: SMALL_ENTRIES, bytes: SMALL_BYTES })) return;
  try {
    await rm(path, { recursive: true, force: true });
    return;
  } catch (error) {
    if (!isHostile(error)) throw error;
  }
  await flatten(path);
  await rm(path, { recursive: true, force: true });
}

/**
 * Removes a folder if it is within the limits in `left`. Returns whether the folder was removed. `fs.rm` would make about 16 calls in the
 * thread pool, which takes ten times as much CPU time.
 */
function removeSmall(folder: string, left: { entries: number; bytes: number }): boolean {
  try {
    for (const entry of firstEntries(folder, left.entries + 1)) {
      left.entries -= 1;
      if (left.entries < 0) return false;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!removeSmall(path, left)) return false;
        continue;
      }
      const { size, nlink } = lstatSync(path);
      left.bytes -= nlink > 1 ? 0 : size;
      if (left.bytes < 0) return false;
      unlinkSync(path);
    }
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Reads at most `count` entries, because a folder may have any number of entries. */
function firstEntries(folder: string, count: number): Dirent[] {
  const opened = opendirSync(folder);
  try {
    const entries: Dirent[] = [];
    for (let entry = opened.readSync(); entry && entries.length < count; entry = opened.readSync()) entries.push(entry);
    return entries;
  } finally {
    opened.closeSync();
  }
}

/** Moves every folder below `root` directly into `root`, so that no path has more than two components. */
async function flatten(root: string): Promise<void> {
  const queue: string[] = [root];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    await chmod(folder, 0o700).catch(() => {});
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const from = join(folder, entry.name);
      // Moving a folder requires write access to it, because its `..` changes.
      await chmod(from, 0o700).catch(() => {});
      const to = join(root, randomUUID());
      if ((await lstat(from).catch(() => null)) === null) continue;
      await rename(from, to);
      queue.push(to);
    }
  }
}

function isHostile(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENAMETOOLONG', 'EACCES', 'EPERM', 'ENOTEMPTY'].includes(code);
}

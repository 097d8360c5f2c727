import { randomUUID } from 'node:crypto';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a folder that hostile code has filled. `fs.rm` fails on two things that such code can create: folders without
 * permissions (when the service is not root), and trees deeper than the longest path (made with `mkdirat`). So this
 * first makes folders accessible and moves deep ones up.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
    return;
  } catch (error) {
    if (!isHostile(error)) throw error;
  }
  await flatten(path);
  await rm(path, { recursive: true, force: true });
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

import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Enough for PostgreSQL to start and to write one more segment of its log (16 MiB). */
const BALLAST_BYTES = 32 * 2 ** 20;
/** The ballast is made again only where it leaves several times its size free. */
const AMPLE_BYTES = 8 * BALLAST_BYTES;
const CHUNK_BYTES = 2 ** 20;

/**
 * Keeps some bytes of the disk in a file, and gives them back when the disk is full: PostgreSQL cannot start without a
 * few blocks, and only a service that runs can sweep and erase. Never fails: a service with room starts without it.
 */
export async function keepBallast(folder: string): Promise<'kept' | 'made' | 'released' | 'none'> {
  const path = join(folder, 'ballast');
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const kept = (await stat(path).catch(() => null))?.size === BALLAST_BYTES;
    if (free < BALLAST_BYTES) {
      await rm(path, { force: true });
      return kept ? 'released' : 'none';
    }
    if (kept) return 'kept';
    if (free < AMPLE_BYTES) return 'none';
    await fill(path);
    return 'made';
  } catch {
    return 'none';
  }
}

/** With random bytes: a file system that compresses would keep nothing back for zeros. */
async function fill(path: string): Promise<void> {
  const staged = `${path}.new`;
  const file = await open(staged, 'w', 0o600);
  try {
    for (let left = BALLAST_BYTES; left > 0; left -= CHUNK_BYTES) await file.writeFile(randomBytes(CHUNK_BYTES));
  } finally {
    await file.close();
  }
  await rename(staged, path);
}

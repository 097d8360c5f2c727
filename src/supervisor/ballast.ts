import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Enough for PostgreSQL to start and write one more WAL segment (16 MiB). */
const BALLAST_BYTES = 32 * 2 ** 20;
/** The ballast is recreated only when several times its size is free. */
const AMPLE_BYTES = 8 * BALLAST_BYTES;
const CHUNK_BYTES = 2 ** 20;

/**
 * Reserves disk space in a file, and releases it when the disk is full: PostgreSQL cannot start without a few blocks,
 * and only a running service can sweep and erase. Never fails: with enough space, the service starts without it.
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

/** Writes random bytes: a file system with compression would reserve nothing for zeros. */
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

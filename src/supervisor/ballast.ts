import { randomFillSync } from 'node:crypto';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Size of the ballast: enough for PostgreSQL to start and write another WAL segment (up to 16 MiB). */
const BALLAST_BYTES = 32 * 2 ** 20;
/** Free bytes from which on the ballast is made. */
const AMPLE_BYTES = 8 * BALLAST_BYTES;
const CHUNK_BYTES = 2 ** 20;

/** Milliseconds after the start of a server at which the ballast is made, so that a first start does not wait for it. */
const FILL_DELAY_MS = 10_000;

/**
 * Deletes the ballast of `folder` if less than its size is free on the disk. PostgreSQL cannot start without a few free blocks, and only a
 * running service can sweep and erase. Returns whether the ballast was deleted. Never fails.
 */
export async function releaseBallast(folder: string): Promise<boolean> {
  const state = await look(folder);
  if (!state?.isKept || state.freeBytes >= BALLAST_BYTES) return false;
  await rm(state.path, { force: true }).catch(() => undefined);
  return true;
}

/**
 * Makes the ballast of `folder`, a file that reserves disk space, while a server runs there. Does nothing if the file exists or little
 * space is free. Never fails, because with enough space the service starts without a ballast. `stop` resolves when nothing is written any
 * more.
 */
export function keepBallast(folder: string, delayMs = FILL_DELAY_MS): { stop(): Promise<void> } {
  let stopped = false;
  let filling: Promise<void> = Promise.resolve();
  const timer = setTimeout(() => {
    filling = fillIfMissing(folder, () => stopped).catch(() => undefined);
  }, delayMs).unref();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await filling;
    },
  };
}

async function look(folder: string): Promise<{ path: string; freeBytes: number; isKept: boolean } | null> {
  const path = join(folder, 'ballast');
  const space = await statfs(folder).catch(() => null);
  if (!space) return null;
  const isKept = (await stat(path).catch(() => null))?.size === BALLAST_BYTES;
  return { path, freeBytes: space.bavail * space.bsize, isKept };
}

async function fillIfMissing(folder: string, isStopped: () => boolean): Promise<void> {
  const state = await look(folder);
  if (!state || state.isKept || state.freeBytes < AMPLE_BYTES) return;
  await fill(state.path, isStopped);
}

/**
 * Writes random bytes, because a file system with compression would reserve no space for zeros. Uses a single buffer, because an idle
 * process collects no garbage.
 */
async function fill(path: string, isStopped: () => boolean): Promise<void> {
  const staged = `${path}.new`;
  const file = await open(staged, 'w', 0o600);
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  try {
    for (let left = BALLAST_BYTES; left > 0 && !isStopped(); left -= CHUNK_BYTES) {
      await file.writeFile(randomFillSync(chunk));
    }
  } finally {
    await file.close();
  }
  if (isStopped()) await rm(staged, { force: true });
  else await rename(staged, path);
}

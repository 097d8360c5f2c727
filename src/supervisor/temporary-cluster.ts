import { existsSync } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flushToDisk } from './run-tool.ts';
import type { Account, SupervisorLogger } from './types.ts';

/*
 * The cluster of a command that removes its data directory at its end is never flushed to the disk. If the command is killed, a
 * file stays that says so (docs/decisions/0063):
 *
 *   mark of this boot  + temporary use  → used as it is
 *   mark of this boot  + durable use    → flushed, then the mark is removed
 *   mark of an earlier boot             → the machine may have lost a part of the cluster, which is removed
 *   cluster without a mark              → durable, for every user
 */

/** What the mark depends on. */
export interface ClusterUse {
  /** Folder of the server's files: `<dataDir>/postgres`. */
  home: string;
  account: Account | null;
  logger: SupervisorLogger;
}

function markOf(home: string): string {
  return join(home, 'temporary');
}

/**
 * Removes a temporary cluster of an earlier boot, and marks the cluster that a temporary use is about to create. Requires the
 * lock of `home`, and that no server runs.
 *
 * @returns whether the cluster is temporary
 */
export async function openTemporary({ home, logger }: ClusterUse, isTemporary: boolean): Promise<boolean> {
  const [path, data, boot] = [markOf(home), join(home, 'data'), await bootId()];
  const mark = await readFile(path, 'utf8').catch(() => null);
  if (mark !== null && mark !== boot && existsSync(data)) {
    logger.warn({}, 'removing the database of a command that was killed before the machine restarted');
    await rm(data, { recursive: true });
  }
  if (existsSync(data)) return isTemporary && mark === boot;
  if (isTemporary) await writeFile(path, boot, { mode: 0o600 });
  else await rm(path, { force: true });
  return isTemporary;
}

/** Makes the cluster durable before a durable use, if it is not. Requires the lock of `home`, and that no server runs. */
export async function makeDurable({ home, account }: ClusterUse): Promise<void> {
  const path = markOf(home);
  if (!existsSync(path)) return;
  await flushToDisk(join(home, 'data'), account);
  await rm(path, { force: true });
  // Otherwise the mark could come back after a power failure, and the data be removed.
  const folder = await open(home);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Identifies the time since the last start of the machine. */
async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

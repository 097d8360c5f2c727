import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './postgres-cluster.ts';
import { flushToDisk } from './run-tool.ts';
import type { Account, SupervisorLogger } from './types.ts';

/*
 * If a command removes its data directory when it ends, its cluster is never flushed to the disk. A file marks such a cluster,
 * because the cluster remains if the command is killed (docs/decisions/0063-what-a-start-runs.md):
 *
 *   mark of this boot + temporary use  → the cluster is used as it is
 *   mark of this boot + durable use    → the cluster is flushed, then the mark is removed
 *   mark of an earlier boot            → the cluster may be incomplete, and is removed
 *   no mark                            → the cluster is durable for every user
 */

/** A use of the cluster in `home`. */
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
 * Removes a temporary cluster of an earlier boot. If a temporary use is about to create a cluster, writes the mark. Requires the
 * lock of `home`, and that no server runs.
 *
 * @returns whether the cluster is temporary
 */
export async function openTemporary({ home, logger }: ClusterUse, isTemporary: boolean): Promise<boolean> {
  const [path, data, boot] = [markOf(home), join(home, 'data'), await bootId()];
  const mark = await readFile(path, 'utf8').catch(() => null);
  if (mark !== null && mark !== boot && existsSync(data)) {
    logger.warn({}, 'removing the temporary database of a command that was killed before the machine restarted');
    await rm(data, { recursive: true });
  }
  if (existsSync(data)) return isTemporary && mark === boot;
  if (isTemporary) await writeFile(path, boot, { mode: 0o600 });
  else await rm(path, { force: true });
  return isTemporary;
}

/** Flushes a marked cluster before a durable use, and removes the mark. Requires the lock of `home`, and that no server runs. */
export async function makeDurable({ home, account }: ClusterUse): Promise<void> {
  const path = markOf(home);
  if (!existsSync(path)) return;
  await flushToDisk(join(home, 'data'), account);
  await rm(path, { force: true });
  // Otherwise, the mark could reappear after a power failure, and the next use would remove the data.
  await syncFolder(home);
}

/** Identifies the time since the last start of the machine. */
async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

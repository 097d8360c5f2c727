import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './postgres-cluster.ts';
import { flushToDisk } from './run-tool.ts';
import type { Account, SupervisorLogger } from './types.ts';

/*
 * A file marks each new cluster until the cluster is on the disk (docs/decisions/0063-what-a-start-runs.md). A durable use flushes a
 * new cluster while the server starts. If a command removes its data directory when it ends, the cluster is never flushed. If the command
 * is killed, the cluster and its mark remain:
 *
 *   mark of this boot + temporary use  → the cluster is used as it is
 *   mark of this boot + durable use    → the cluster is flushed, then the mark is removed
 *   mark of an earlier boot            → the cluster may be incomplete, and is removed. It contains nothing that a client relies on
 *   no mark                            → the cluster is durable for every user
 */

/** A use of the cluster in `home`. */
export interface ClusterUse {
  /** Folder of the server's files: `<dataDir>/postgres`. */
  home: string;
  account: Account | null;
  logger: SupervisorLogger;
}

export interface MarkedCluster {
  isNew: boolean;
  isTemporary: boolean;
}

function markOf(home: string): string {
  return join(home, 'temporary');
}

/**
 * Removes a marked cluster of an earlier boot. If there is no cluster, writes the mark for the cluster that the caller creates.
 * Requires the lock of `home`, and that no server runs.
 *
 * @param isTemporary whether the caller removes the data directory
 * @returns `isNew`: the caller must create the cluster. `isTemporary`: the caller must not flush the cluster
 */
export async function openMarked({ home, logger }: ClusterUse, isTemporary: boolean): Promise<MarkedCluster> {
  const [path, data, boot] = [markOf(home), join(home, 'data'), await bootId()];
  const mark = await readFile(path, 'utf8').catch(() => null);
  if (mark !== null && mark !== boot && existsSync(data)) {
    logger.warn({}, 'removing a database that was not written to the disk before the machine restarted');
    await rm(data, { recursive: true });
  }
  if (existsSync(data)) return { isNew: false, isTemporary: isTemporary && mark === boot };
  await writeFile(path, boot, { mode: 0o600 });
  return { isNew: true, isTemporary };
}

/**
 * Flushes a marked cluster, and removes the mark. Requires the lock of `home`. A server may already run, because its WAL contains its
 * changes.
 */
export async function makeDurable({ home, account }: ClusterUse): Promise<void> {
  const path = markOf(home);
  if (!existsSync(path)) return;
  await flushToDisk(join(home, 'data'), account);
  await rm(path, { force: true });
  // Without this flush, the mark could reappear after a power failure, and the next use would remove the data.
  await syncFolder(home);
}

/** Returns the ID that the machine has until it restarts. */
async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

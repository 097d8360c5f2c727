import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { required } from '../host/preflight.ts';
import { SandboxError } from '../sandbox-error.ts';

/**
 * Unprivileged accounts of the cells when the service runs as root: gid 60705, and a uid for each slot. The numbers lie
 * in the range 60578–61183 that systemd's table of UIDs (systemd.io/UIDS-GIDS) and Debian's policy leave unused, so that
 * no person, package or dynamic user has them. As root, bwrap would map the job to host root (docs/security-model.md).
 */
export interface CellAccount {
  uid: number;
  gid: number;
}

/** The accounts of one open sandbox: no other one of this host has them while it is open. */
export interface CellAccounts {
  /** Null when the service is an ordinary user: then cells run as that user. */
  of(slot: number): CellAccount | null;
  release(): void;
}

export const CELL_GID = 60705;
/** Most slots of a sandbox. */
export const MAX_SLOTS = 256;
const FIRST_UID = 60706;
/** Uids are claimed in rows, so that a worker of usual size takes one lock and not a dozen. */
const ROW = 8;
/** As many rows as the unused range holds: up to uid 61177. */
const ROWS = 59;
/** Root's own, of the whole host, and gone after a restart of the machine. */
const HOST_FOLDER = '/run/airlock';

/**
 * Claims `count` uids that no other sandbox of this host has. The kernel counts the tasks of a uid, and lets processes of
 * one uid reach each other, whichever worker they belong to. A claim is an flock(2) on a file for each row of uids: the
 * kernel takes it back when the process that holds it dies, however it dies. The files stay: a process that removed one
 * could remove it under the next claim. Throws `SandboxError` when all are taken.
 * @param dataDir holds the files where `/run` cannot be written (containers), so that at least its own workers are apart.
 * @param folder of the files, when it is neither.
 */
export function claimAccounts(count: number, dataDir: string, folder?: string): CellAccounts {
  if (process.geteuid?.() !== 0) return { of: () => null, release: () => {} };
  const flock = required('flock', 'util-linux');
  const locks = folder ?? lockFolder(dataDir);
  const rows: { uid: number; lock: number }[] = [];
  const release = (): void => {
    for (const { lock } of rows.splice(0)) closeSync(lock);
  };
  try {
    for (let row = 0; row < ROWS && rows.length * ROW < count; row += 1) {
      const uid = FIRST_UID + row * ROW;
      const lock = openSync(join(locks, String(uid)), 'a', 0o600);
      // The lock belongs to the open file, which flock shares with us and leaves to us when it ends.
      if (spawnSync(flock, ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', lock], env: {} }).status === 0)
        rows.push({ uid, lock });
      else closeSync(lock);
    }
    if (rows.length * ROW < count) {
      const free = `${rows.length * ROW} uids for cells are free on this host, and this worker needs ${count}`;
      throw new SandboxError(
        free,
        'Run fewer workers as root on one host, give each fewer slots, or run as an ordinary user',
      );
    }
  } catch (error) {
    release();
    throw error;
  }
  return {
    of(slot) {
      const row = rows[Math.floor(slot / ROW)];
      if (!row || slot < 0) throw new RangeError(`slot ${slot} has no account among the ${count} claimed`);
      return { uid: row.uid + (slot % ROW), gid: CELL_GID };
    },
    release,
  };
}

function lockFolder(dataDir: string): string {
  try {
    // Others share it: the launcher and the database pass through.
    mkdirSync(HOST_FOLDER, { recursive: true, mode: 0o711 });
    const folder = join(HOST_FOLDER, 'cell-uids');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    const folder = join(dataDir, 'cell-uids');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
}

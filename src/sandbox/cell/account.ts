import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { required } from '../host/preflight.ts';
import { SandboxError } from '../sandbox-error.ts';

/**
 * An unprivileged account for cells when the service runs as root: gid 60705 and one uid per slot. The ids lie in 60578–61183, a range that
 * systemd's UID table (systemd.io/UIDS-GIDS) and Debian policy leave unused, so no person, package or dynamic user has them. If bwrap ran
 * as root, it would map the job to host root (docs/security-model/files.md).
 */
export interface CellAccount {
  uid: number;
  gid: number;
}

/** The accounts of one open sandbox. No other sandbox on this host uses these accounts while this sandbox is open. */
export interface CellAccounts {
  /** Returns the account of a slot. Null if the service runs as an ordinary user. Cells then run as that user. */
  of(slot: number): CellAccount | null;
  release(): void;
}

export const CELL_GID = 60705;
/** Maximum number of slots of a sandbox. */
export const MAX_SLOTS = 256;
const FIRST_UID = 60706;
/** Number of uids per block. Uids are claimed in blocks, so that a typical worker needs one lock instead of a dozen. */
const ROW = 8;
/** Number of blocks that fit in the unused range, up to uid 61177. */
const ROWS = 59;
/** Folder of the lock files. It is owned by root, shared by the entire host, and cleared at reboot. */
const HOST_FOLDER = '/run/airlock';

/**
 * Claims `count` uids that no other sandbox on this host uses, because the kernel counts tasks per uid and lets processes of one uid reach
 * each other, regardless of their worker. A claim is an flock(2) on a file per block of uids. The kernel releases the lock when its process
 * dies, for any reason. The files are never removed, because that could race with the next claim. Throws `SandboxError` if too few uids are
 * free.
 * @param dataDir used for the lock files where `/run` is not writable (containers), which separates only the workers of this data directory
 * @param folder overrides the folder of the lock files
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
      // The lock belongs to the open file description, so this process keeps the lock after flock exits.
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
    // Traversable by other accounts, because the launcher and the database use paths through this folder.
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

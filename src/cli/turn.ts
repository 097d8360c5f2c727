import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataDir } from '../supervisor/data-dir.ts';
import { type FileLock, lockFile } from '../supervisor/file-lock.ts';
import { claimInstance } from '../supervisor/ready-file.ts';

export interface Turn {
  /** Lets the next one in; the last one takes the data directory away when these commands alone have made it. */
  end(): Promise<void>;
}

/** How long to wait for a lock before looking again whether the caller still wants it. */
const LOOK_MS = 300;
const MARK = 'made-by-transcode';

/**
 * Waits until no other `transcode` has a service of its own on `dataDir`. Each holds `transcode.users` shared from
 * its arrival to its end, so the last one knows that it is the last.
 *
 * @param options.made the launcher has made the directory for this command
 * @param options.remove removes the directory
 * @throws the signal's reason when it aborts meanwhile
 */
export async function takeTurn(
  dataDir: string,
  options: { made: boolean; signal: AbortSignal; remove: () => Promise<void> },
): Promise<Turn> {
  const users = await arrive(dataDir, options.made);
  const leave = async () => {
    try {
      if (!(await users.convert('exclusive')) || !existsSync(join(dataDir, MARK))) return;
      // Somebody may have started a service there since: then it is theirs.
      const instance = await claimInstance(dataDir).catch(() => null);
      if (!instance) return;
      await options.remove();
      await instance.release();
    } finally {
      await users.release();
    }
  };
  try {
    let turn: FileLock | null = null;
    while (!turn) {
      options.signal.throwIfAborted();
      turn = await lockFile(join(dataDir, 'transcode.lock'), 'exclusive', LOOK_MS);
    }
    const mine = turn;
    return {
      async end() {
        await mine.release();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function arrive(dataDir: string, made: boolean): Promise<FileLock> {
  for (let fresh = made; ; fresh = false) {
    fresh ||= !existsSync(dataDir);
    await prepareDataDir(dataDir);
    const path = join(dataDir, 'transcode.users');
    const alone = await lockFile(path, 'exclusive', 0);
    const users = alone ?? (await lockFile(path, 'shared', LOOK_MS));
    // Without the lock, or with that of a deleted file, the last user was just ending.
    if (!users || !(await isStillThere(users, path))) {
      await users?.release();
      continue;
    }
    const mark = join(dataDir, MARK);
    if (fresh) await writeFile(mark, '');
    // Left by one that was killed: since then the directory may have become somebody's.
    else if (alone) await rm(mark, { force: true });
    await alone?.convert('shared');
    return users;
  }
}

async function isStillThere(lock: FileLock, path: string): Promise<boolean> {
  const [held, named] = await Promise.all([lock.file.stat(), stat(path).catch(() => null)]);
  return held.ino === named?.ino;
}

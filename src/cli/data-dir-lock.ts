import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataDir } from '../supervisor/data-dir.ts';
import { type FileLock, lockFile } from '../supervisor/file-lock.ts';
import { claimInstance } from '../supervisor/ready-file.ts';

export interface DataDirLock {
  /** Whether `transcode` commands created the data directory. */
  isMade: boolean;
  /** Releases the lock. The last command removes the data directory if `transcode` commands created it. */
  release(): Promise<void>;
}

/** Milliseconds to wait for a lock before checking the signal again. */
const RETRY_MS = 300;
const MARK = 'made-by-transcode';

/**
 * Waits until no other `transcode` runs its own service on `dataDir`. Every command that waits or runs holds a shared lock on
 * `transcode.users`, so the last command can detect that it is the last.
 * @param options.made whether the launcher created the directory for this command
 * @param options.remove removes the directory
 * @throws the reason of `options.signal` if the signal aborts
 */
export async function lockDataDir(
  dataDir: string,
  options: { made: boolean; signal: AbortSignal; remove: () => Promise<void> },
): Promise<DataDirLock> {
  const users = await enter(dataDir, options.made);
  const leave = async () => {
    try {
      if (!(await users.convert('exclusive')) || !existsSync(join(dataDir, MARK))) return;
      // If a service has been started on the directory in the meantime, the directory belongs to that service.
      const instance = await claimInstance(dataDir).catch(() => null);
      if (!instance) return;
      await options.remove();
      await instance.release();
    } finally {
      await users.release();
    }
  };
  try {
    let lock: FileLock | null = null;
    while (!lock) {
      options.signal.throwIfAborted();
      lock = await lockFile(join(dataDir, 'transcode.lock'), 'exclusive', RETRY_MS);
    }
    const locked = lock;
    return {
      isMade: existsSync(join(dataDir, MARK)),
      async release() {
        await locked.release();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function enter(dataDir: string, made: boolean): Promise<FileLock> {
  for (let fresh = made; ; fresh = false) {
    fresh ||= !existsSync(dataDir);
    await prepareDataDir(dataDir);
    const path = join(dataDir, 'transcode.users');
    const alone = await lockFile(path, 'exclusive', 0).catch(nullIfMissing);
    const users = alone ?? (await lockFile(path, 'shared', RETRY_MS).catch(nullIfMissing));
    // The last user is removing the directory if the lock file is missing or deleted.
    if (!users || !(await isStillThere(users, path))) {
      await users?.release();
      continue;
    }
    const mark = join(dataDir, MARK);
    if (fresh) await writeFile(mark, '');
    // A command that was killed left this mark. Another program may have used the directory since then.
    else if (alone) await rm(mark, { force: true });
    await alone?.convert('shared');
    return users;
  }
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function isStillThere(lock: FileLock, path: string): Promise<boolean> {
  const [locked, named] = await Promise.all([lock.file.stat(), stat(path).catch(() => null)]);
  return locked.ino === named?.ino;
}

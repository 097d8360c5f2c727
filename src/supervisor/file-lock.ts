import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { SupervisorError } from './supervisor-error.ts';

export type LockMode = 'shared' | 'exclusive';

/** A kernel lock on a file. The kernel releases the lock as soon as its process dies, for any reason. */
export interface FileLock {
  readonly file: FileHandle;
  /** Changes the mode of the lock without waiting. Resolves to false on a conflict. The lock may then be lost. */
  convert(mode: LockMode): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Acquires an flock(2) on `path`, which is created with mode 0600 if it does not exist. Node has no flock. A lock belongs to the open file
 * description, so util-linux's `flock` can acquire the lock on a descriptor that it inherits, and this process keeps the lock. Other
 * children do not inherit the descriptor, because Node opens files close-on-exec.
 * @param waitMs milliseconds to wait for other processes; 0 does not wait
 * @returns null if the lock is not free after `waitMs`
 */
export async function lockFile(path: string, mode: LockMode, waitMs: number): Promise<FileLock | null> {
  const file = await open(path, 'a+', 0o600);
  try {
    if (!(await flock(file, mode, waitMs))) {
      await file.close();
      return null;
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    file,
    convert: (next) => flock(file, next, 0),
    release: () => file.close(),
  };
}

/** Acquires an exclusive lock on `path`. Throws a SupervisorError if the lock is not free within `waitMs` milliseconds. */
export async function requireLock(path: string, waitMs: number): Promise<FileLock> {
  const lock = await lockFile(path, 'exclusive', waitMs);
  if (lock) return lock;
  throw new SupervisorError(
    `Another process has had the lock ${path} for ${waitMs / 1000} s`,
    'Wait until it finishes, or stop it',
  );
}

/** Runs `work` while it has an exclusive lock on `path`. */
export async function withLock<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const lock = await requireLock(path, waitMs);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

const CONFLICT = 75;

function flock(file: FileHandle, mode: LockMode, waitMs: number): Promise<boolean> {
  const wait = waitMs > 0 ? ['--wait', String(waitMs / 1000)] : ['--nonblock'];
  const args = [`--${mode}`, ...wait, '--conflict-exit-code', String(CONFLICT), '3'];
  return new Promise((resolve, reject) => {
    const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
    child.once('error', (cause) => {
      reject(new SupervisorError('The program "flock" cannot be started', 'Install util-linux', { cause }));
    });
    child.once('exit', (code) => {
      if (code === 0) resolve(true);
      else if (code === CONFLICT) resolve(false);
      else reject(new SupervisorError(`"flock" exited with ${code}`, 'Use a file system that supports locks'));
    });
  });
}

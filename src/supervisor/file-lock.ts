import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { SupervisorError } from './supervisor-error.ts';

export type LockMode = 'shared' | 'exclusive';

/** A lock of the kernel on a file: it is gone the moment its holder is, however the holder died. */
export interface FileLock {
  readonly file: FileHandle;
  /** Takes the lock in another mode without waiting; false when others stand in the way (it may then be lost). */
  convert(mode: LockMode): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Takes a flock(2) on `path` (made with mode 0600). Node has no flock of its own; a lock belongs to the open
 * file description, so util-linux's `flock` may take it on a descriptor that we lend it and that we keep.
 * Children do not inherit it: Node opens files close-on-exec.
 *
 * @param waitMs how long to wait for others; 0 = not at all
 * @returns null when others still hold it after that time
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

/** Runs `work` while holding `path` exclusively. */
export async function withLock<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const lock = await lockFile(path, 'exclusive', waitMs);
  if (!lock) {
    throw new SupervisorError(
      `Another process has held the lock ${path} for ${waitMs / 1000} s`,
      'Wait for it to finish, or stop it',
    );
  }
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
      reject(new SupervisorError('The program "flock" does not start', 'Install util-linux', { cause }));
    });
    child.once('exit', (code) => {
      if (code === 0) resolve(true);
      else if (code === CONFLICT) resolve(false);
      else reject(new SupervisorError(`"flock" ended with ${code}`, 'The file system must support locks'));
    });
  });
}

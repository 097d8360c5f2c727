import { randomUUID } from 'node:crypto';
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, fsync, openSync } from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { JobFailure } from '../../contract/failures.ts';
import type { Run, WorkTools } from '../tools.ts';

const flush = promisify(fsync);

/**
 * Takes over a file that a cell wrote, so that storage can publish it without a copy. Moves the file into the work folder, where the
 * account of the cell cannot reach it, and makes it a read-only file of this process's account. The cell has ended, so no process has the
 * file open. Returns the new path. Returns null if the bytes must be sent instead, because storage does not accept files of this machine,
 * the folders are on different file systems, or the tier does not guarantee that the cell has ended. Throws `JobFailure` if the path is not
 * a plain file.
 */
export async function takeFile(tools: WorkTools, run: Run, path: string): Promise<string | null> {
  const { handOver } = await tools.context.store.capabilities();
  if (!handOver || tools.sandbox.tier === 'none') return null;
  const target = join(run.folder, `taken-${randomUUID()}`);
  if (!(await move(path, target))) return null;
  const file = openPlain(target);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.nlink !== 1) throw notPlain();
    const [uid, gid] = [process.geteuid!(), process.getegid!()];
    if (stats.uid !== uid) fchownSync(file, uid, gid);
    fchmodSync(file, 0o400);
  } finally {
    closeSync(file);
  }
  return target;
}

/** Flushes the bytes of a file to the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  await flush(file).finally(() => closeSync(file));
}

async function move(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
      // The folder of the outputs is read-only, which prevents an ordinary user from moving the file.
      if (error.code !== 'EACCES') throw error;
      await chmod(dirname(from), 0o700);
      await rename(from, to);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
}

function openPlain(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // The file is a link or a socket, or has no permissions.
    if (['ELOOP', 'ENXIO', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw notPlain();
    throw error;
  }
}

function notPlain(): JobFailure {
  return new JobFailure('sandbox_violation', 'The output is not a plain file.');
}

import { createHash } from 'node:crypto';
import { chown, lstat, mkdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from './account.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { Account } from './types.ts';

/** Maximum bytes of a socket's path: `sun_path` of unix(7) has 108 bytes, including the terminating NUL. */
const SUN_PATH_BYTES = 107;

/**
 * Returns the folder for a socket that belongs to `home`. This is a folder inside `home`, where no other account can write, if the socket's
 * path is short enough. Otherwise, it is a folder in /run (for root), $XDG_RUNTIME_DIR or the temporary folder, with a name derived from
 * `home`.
 */
export function folderForSocket(home: string, file: string, uid: number, env: NodeJS.ProcessEnv): string {
  const fits = (folder: string) => Buffer.byteLength(join(folder, file)) <= SUN_PATH_BYTES;
  const inside = join(home, 'socket');
  if (fits(inside)) return inside;
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const bases =
    uid === 0
      ? [`/run/airlock/socket-${name}`]
      : [env.XDG_RUNTIME_DIR ?? '', tmpdir(), '/tmp']
          .filter(Boolean)
          .map((base) => join(base, `airlock-${uid}-${name}`));
  return bases.find(fits) ?? bases.at(-1)!;
}

/**
 * Creates the socket's folder with mode 0700 for the server's account, or for the account of this process. Every account can write to the
 * temporary folder, so this throws if another account has put a folder or link there first.
 */
export async function makeSocketFolder(folder: string, account: Account | null): Promise<void> {
  if (isRoot() && folder.startsWith('/run/airlock/')) await mkdir('/run/airlock', { recursive: true, mode: 0o711 });
  const owner = account?.uid ?? process.getuid!();
  try {
    await mkdir(folder, { mode: 0o700 });
    if (account) await chown(folder, account.uid, account.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const info = await lstat(folder);
  if (info.isDirectory() && info.uid === process.getuid!() && owner !== info.uid) {
    // Root created the folder and died before it changed the owner, or the account was recreated with another uid.
    await chown(folder, owner, account!.gid);
  } else if (!info.isDirectory() || info.uid !== owner || (info.mode & 0o077) !== 0) {
    throw new SupervisorError(
      `${folder} belongs to another account`,
      'Remove it, or choose a data directory with a shorter name',
    );
  }
}

/** Removes the folder from /run or the temporary folder if the folder is empty. */
export async function removeSocketFolder(home: string, folder: string): Promise<void> {
  if (folder === join(home, 'socket')) return;
  await rmdir(folder).catch(() => undefined);
}

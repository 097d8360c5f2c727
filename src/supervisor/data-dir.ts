import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, realpath, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { isRoot } from './account.ts';

/**
 * Room for a fresh cluster and its first write-ahead log: below that a start would fail half-way. A cluster that is there
 * needs none: it must start on a full disk, for only a service that runs can sweep and erase.
 */
const FRESH_CLUSTER_BYTES = 128 * 1024 * 1024;

/**
 * Makes the data directory ready for use, and refuses with reason and remedy when it cannot be.
 * Mode 0711 as root, so that the accounts of database and cells can pass through but not look around;
 * 0700 as an ordinary user. Everything secret in it has a mode of its own.
 *
 * @returns its real path
 * @throws ConfigError
 */
export async function prepareDataDir(dataDir: string): Promise<string> {
  const shown = process.env.AIRLOCK_SHOWN_DATA_DIR || dataDir;
  try {
    await mkdir(dataDir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
    const path = await realpath(dataDir);
    requirePlainName(path, shown);
    await takeOwnership(path, shown);
    if (isRoot()) await requirePassable(path, shown);
    const fresh = !existsSync(join(path, 'postgres', 'data', 'PG_VERSION'));
    if (fresh) await requireSpace(path, shown);
    await requireWritable(path).catch((error: NodeJS.ErrnoException) => {
      if (fresh || !FULL.includes(error.code ?? '')) throw error;
    });
    return path;
  } catch (error) {
    throw error instanceof ConfigError ? error : explain(error as NodeJS.ErrnoException, shown);
  }
}

/** initdb puts its own path between double quotes into a shell command: what means something there must not come in. */
function requirePlainName(path: string, shown: string): void {
  if (!/["$`\\\x00-\x1f]/.test(path)) return;
  throw new ConfigError(
    'AIRLOCK_DATA_DIR',
    `${JSON.stringify(shown)} contains a double quote, dollar, backquote, backslash or control character`,
    'Name a directory without them; blanks and other letters are fine',
  );
}

async function takeOwnership(path: string, shown: string): Promise<void> {
  const info = await stat(path);
  if (!info.isDirectory()) throw new ConfigError('AIRLOCK_DATA_DIR', `${shown} is not a directory`, 'Name a directory');
  const uid = process.getuid!();
  if (info.uid !== uid) {
    // Root must not work in a folder where another account can plant links; and must not fill another account's folder.
    throw new ConfigError(
      'AIRLOCK_DATA_DIR',
      `${shown} belongs to uid ${info.uid}, and Airlock runs as uid ${uid}`,
      `Run as that user, name another directory, or hand it over with: chown -R ${uid} ${shown}`,
    );
  }
  const mode = uid === 0 ? 0o711 : 0o700;
  if ((info.mode & 0o777) === mode) return;
  if ((await readdir(path)).length > 0 && (info.mode & 0o022) !== 0) {
    throw new ConfigError(
      'AIRLOCK_DATA_DIR',
      `${shown} can be written by others, who may have put files there`,
      'Check its content, then: chmod go-w on it',
    );
  }
  await chmod(path, mode);
}

/** As root, database and cells run as other accounts: each folder above must let them through. */
async function requirePassable(path: string, shown: string): Promise<void> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await lstat(folder)).mode & 0o001) === 0) {
      throw new ConfigError(
        'AIRLOCK_DATA_DIR',
        `${shown} lies in ${folder}, which ordinary accounts cannot pass through`,
        `Start with ./airlock, name a directory elsewhere (such as /var/lib/airlock), or: chmod o+x ${folder}`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}

async function requireSpace(path: string, shown: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= FRESH_CLUSTER_BYTES) return;
  throw new ConfigError(
    'AIRLOCK_DATA_DIR',
    `${shown} has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB free, and a new database needs ${FRESH_CLUSTER_BYTES / 2 ** 20} MiB`,
    'Free some space, or name a directory on another disk',
  );
}

async function requireWritable(path: string): Promise<void> {
  const probe = join(path, `.probe-${randomBytes(6).toString('hex')}`);
  const file = await open(probe, 'wx', 0o600);
  try {
    await file.writeFile('x');
    await file.sync();
  } finally {
    await file.close();
    await unlink(probe);
  }
}

/** The disk, or this account's share of it, is full. */
const FULL = ['ENOSPC', 'EDQUOT'];

const REASONS: Record<string, [reason: string, remedy: string]> = {
  EACCES: ['may not be written', 'Name a directory of your own, or have its owner grant write access'],
  EPERM: ['may not be changed', 'Name a directory of your own'],
  EROFS: ['lies on a read-only file system', 'Name a directory elsewhere'],
  ENOSPC: ['lies on a full disk', 'Free some space, or name a directory on another disk'],
  EDQUOT: ['exceeds your disk quota', 'Free some space, or name a directory on another disk'],
  ENOTDIR: ['has a file where a folder should be', 'Name a directory'],
  EEXIST: ['is a file', 'Name a directory'],
  ELOOP: ['has too many symbolic links', 'Name the directory itself'],
  ENAMETOOLONG: ['is too long a name', 'Name a shorter one'],
};

function explain(error: NodeJS.ErrnoException, shown: string): ConfigError {
  const [reason, remedy] = REASONS[error.code ?? ''] ?? [
    `cannot be used (${error.code ?? error.message})`,
    'Name another',
  ];
  return new ConfigError('AIRLOCK_DATA_DIR', `${shown} ${reason}`, remedy);
}

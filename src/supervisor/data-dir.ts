import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, realpath, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { isRoot } from './account.ts';

/**
 * Free bytes that a new cluster and its first WAL need, without which the creation would fail midway. An existing cluster needs no free
 * space. It must start on a full disk, because only a running service can sweep and erase.
 */
const FRESH_CLUSTER_BYTES = 128 * 1024 * 1024;
/** Maximum number of attempts to prepare a directory that another process keeps removing. */
const ATTEMPTS = 5;

/**
 * Creates the data directory if needed, and checks that it is usable. As root, its mode is 0711, so that the accounts of the database and
 * the cells can traverse but not list it. As an ordinary user, its mode is 0700. Every secret in it has its own mode.
 * @param hasDatabase whether the caller creates the embedded database if the directory has none, which requires free space
 * @returns the real path of the directory
 * @throws ConfigError with the reason and a remedy if the directory is not usable
 */
export async function prepareDataDir(dataDir: string, { hasDatabase = false } = {}): Promise<string> {
  const shown = process.env.AIRLOCK_SHOWN_DATA_DIR || dataDir;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryPrepare(dataDir, shown, hasDatabase);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      // Another process removed the directory after this process created it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && attempt < ATTEMPTS) continue;
      throw explain(error as NodeJS.ErrnoException, shown);
    }
  }
}

async function tryPrepare(dataDir: string, shown: string, hasDatabase: boolean): Promise<string> {
  await makeFolders(dataDir, isRoot() ? 0o711 : 0o700);
  const path = await realpath(dataDir);
  requireShellSafeName(path, shown);
  await takeOwnership(path, shown);
  if (isRoot()) await requireTraversable(path, shown);
  const fresh = hasDatabase && !existsSync(join(path, 'postgres', 'data', 'PG_VERSION'));
  if (fresh) await requireSpace(path, shown);
  // Without a database to create, everything must start on a full disk.
  await requireWritable(path).catch((error: NodeJS.ErrnoException) => {
    if (fresh || !FULL.includes(error.code ?? '')) throw error;
  });
  return path;
}

/**
 * Creates a folder and its missing parents, like `mkdir -p`. Node's `recursive` option never returns where the kernel rejects new folders
 * with ENOENT, as in /proc.
 */
async function makeFolders(path: string, mode: number): Promise<void> {
  const error = await mkdir(path, { mode }).then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  );
  if (error === null || error.code === 'EEXIST') return;
  if (error.code !== 'ENOENT' || existsSync(dirname(path))) throw error;
  await makeFolders(dirname(path), mode);
  await mkdir(path, { mode }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Rejects the characters that are special between double quotes in a shell, because initdb writes its path into a shell command. */
function requireShellSafeName(path: string, shown: string): void {
  if (!/["$`\\\x00-\x1f]/.test(path)) return;
  throw new ConfigError(
    'AIRLOCK_DATA_DIR',
    `${JSON.stringify(shown)} contains a double quote, dollar, backquote, backslash or control character`,
    'Choose a directory without them; spaces and non-ASCII letters are fine',
  );
}

async function takeOwnership(path: string, shown: string): Promise<void> {
  const info = await stat(path);
  if (!info.isDirectory())
    throw new ConfigError('AIRLOCK_DATA_DIR', `${shown} is not a directory`, 'Choose a directory');
  const uid = process.getuid!();
  if (info.uid !== uid) {
    // Root must not use a folder in which another account can place links, and must not fill another account's folder.
    throw new ConfigError(
      'AIRLOCK_DATA_DIR',
      `${shown} belongs to uid ${info.uid}, but Airlock runs as uid ${uid}`,
      `Run as that user, choose another directory, or change its owner with: chown -R ${uid} ${shown}`,
    );
  }
  const mode = uid === 0 ? 0o711 : 0o700;
  if ((info.mode & 0o777) === mode) return;
  if ((await readdir(path)).length > 0 && (info.mode & 0o022) !== 0) {
    throw new ConfigError(
      'AIRLOCK_DATA_DIR',
      `${shown} is writable by other users, who may have put files there`,
      `Check its content, then run: chmod go-w ${shown}`,
    );
  }
  await chmod(path, mode);
}

/** As root, the database and the cells run as other accounts, which must be able to traverse every parent folder. */
async function requireTraversable(path: string, shown: string): Promise<void> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await lstat(folder)).mode & 0o001) === 0) {
      throw new ConfigError(
        'AIRLOCK_DATA_DIR',
        `${shown} is in ${folder}, which ordinary accounts cannot traverse`,
        `Start with ./airlock, choose another directory (such as /var/lib/airlock), or run: chmod o+x ${folder}`,
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
    `${shown} has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB free, but a new database needs ${FRESH_CLUSTER_BYTES / 2 ** 20} MiB`,
    'Free some space, or choose a directory on another disk',
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

/** Error codes of a full disk or an exhausted disk quota. */
const FULL = ['ENOSPC', 'EDQUOT'];

const REASONS: Record<string, [reason: string, remedy: string]> = {
  EACCES: ['is not writable', 'Choose a directory of your own, or ask its owner for write access'],
  EPERM: ['cannot be changed', 'Choose a directory of your own'],
  EROFS: ['is on a read-only file system', 'Choose another directory'],
  ENOSPC: ['is on a full disk', 'Free some space, or choose a directory on another disk'],
  EDQUOT: ['exceeds your disk quota', 'Free some space, or choose a directory on another disk'],
  ENOENT: ['cannot be created', 'Choose a directory on a disk: not in /proc or /sys, and not a broken symbolic link'],
  ENOTDIR: ['is below a file, not a directory', 'Choose a directory'],
  EEXIST: ['is a file', 'Choose a directory'],
  ELOOP: ['has too many symbolic links', 'Use the path of the directory itself'],
  ENAMETOOLONG: ['has a name that is too long', 'Choose a shorter name'],
};

function explain(error: NodeJS.ErrnoException, shown: string): ConfigError {
  const [reason, remedy] = REASONS[error.code ?? ''] ?? [
    `cannot be used (${error.code ?? error.message})`,
    'Choose another directory',
  ];
  return new ConfigError('AIRLOCK_DATA_DIR', `${shown} ${reason}`, remedy);
}

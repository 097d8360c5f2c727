import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { POSTGRES_MAJOR, type PostgresBinaries } from './postgres-binaries.ts';
import { ADMIN_ROLE } from './postgres-roles.ts';
import { runTool } from './run-tool.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { Account } from './types.ts';

/**
 * Options for the removal of a staging folder. A program of a killed start may still write to the folder. The program fails once the
 * subfolders of the staging folder are gone.
 */
const PATIENTLY = { maxRetries: 40, retryDelay: 50 };

/**
 * Creates `<home>/data` if it is missing, by `copy` or else by initdb. initdb creates a cluster with checksums, UTF-8 and a locale that
 * does not depend on the C library, whose updates could corrupt indexes. The creation is atomic: an interrupted call leaves a staging
 * folder, which the next call removes. Requires the lock of `home`.
 * @param copy fills an empty folder of the account with a cluster that has roles and passwords; resolves to false if it cannot
 * @returns `fresh`: whether initdb created the cluster, which then has no role but the superuser
 * @throws SupervisorError if `data` is no cluster of this major version and account, or if initdb fails
 */
export async function ensureCluster(
  home: string,
  binaries: PostgresBinaries,
  account: Account | null,
  adminPassword: string,
  copy: (folder: string) => Promise<boolean> = async () => false,
): Promise<{ data: string; fresh: boolean }> {
  const data = join(home, 'data');
  for (const name of await readdir(home)) {
    if (/^(init|pgsql-new)-/.test(name)) await rm(join(home, name), { recursive: true, force: true, ...PATIENTLY });
  }
  if (existsSync(join(data, 'PG_VERSION'))) {
    await requireVersion(data);
    await requireOwner(data, account);
    return { data, fresh: false };
  }
  if (existsSync(data)) {
    throw new SupervisorError(
      `${data} contains no PostgreSQL cluster (PG_VERSION is missing)`,
      'Restore it from a backup, or move it away to start empty',
    );
  }
  if (await createCluster(home, account, null, copy)) return { data, fresh: false };
  await createCluster(home, account, adminPassword, (folder, password) => initdb(binaries, folder, password, account));
  return { data, fresh: true };
}

/**
 * Calls `fill` to create a cluster in a staging folder of the account, and publishes it as `<home>/data` unless `fill` returns false.
 * `password` is written to a file in the staging folder, whose path `fill` receives.
 */
async function createCluster(
  home: string,
  account: Account | null,
  password: string | null,
  fill: (folder: string, passwordFile: string) => Promise<boolean>,
): Promise<boolean> {
  const staging = await mkdtemp(join(home, 'init-'));
  try {
    await chmod(staging, 0o700);
    const passwordFile = join(staging, 'password');
    const folder = join(staging, 'data');
    await writeFile(passwordFile, `${password ?? ''}\n`, { mode: 0o600, flag: 'wx' });
    await mkdir(folder, { mode: 0o700 });
    if (account) {
      // Change the owner of the staging folder last, because the account can then replace the entries of the folder.
      for (const path of [passwordFile, folder, staging]) await chown(path, account.uid, account.gid);
    }
    if (!(await fill(folder, passwordFile))) return false;
    await rename(folder, join(home, 'data'));
    await syncFolder(home);
    return true;
  } finally {
    await rm(staging, { recursive: true, force: true, ...PATIENTLY });
  }
}

/** Flushes the names in a folder to the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function requireOwner(data: string, account: Account | null): Promise<void> {
  const owner = account?.uid ?? process.getuid!();
  const { uid } = await stat(data);
  if (uid === owner) return;
  throw new SupervisorError(
    `${data} belongs to uid ${uid}, but the database runs as uid ${owner}`,
    `Change its owner with: chown -R ${account?.name ?? owner}: ${data}`,
  );
}

async function requireVersion(data: string): Promise<void> {
  const version = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (version === String(POSTGRES_MAJOR)) return;
  throw new SupervisorError(
    `${data} was created by PostgreSQL ${version}, but this version of Airlock uses ${POSTGRES_MAJOR}`,
    `Dump it with PostgreSQL ${version} and restore it into an empty data directory, or set AIRLOCK_DATABASE_URL`,
  );
}

async function initdb(
  binaries: PostgresBinaries,
  data: string,
  passwordFile: string,
  account: Account | null,
): Promise<true> {
  const args = [
    ...['--pgdata', data, '--username', ADMIN_ROLE, '--pwfile', passwordFile],
    ...['--auth-local', 'scram-sha-256', '--auth-host', 'reject'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    // A new cluster writes and flushes one WAL segment. With the default size of 16 MB, the segment would be a third of the bytes.
    ...['--data-checksums', '--no-instructions', '--wal-segsize', '4'],
  ];
  await runTool(join(binaries.binDir, 'initdb'), args, { account });
  return true;
}

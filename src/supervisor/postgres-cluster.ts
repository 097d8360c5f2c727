import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eachLine, Tail } from './log-lines.ts';
import { POSTGRES_MAJOR, type PostgresBinaries } from './postgres-binaries.ts';
import { POSTGRES_ENVIRONMENT } from './postgres-settings.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { Account } from './types.ts';

/** Superuser of the embedded server. */
export const ADMIN_ROLE = 'postgres';

/**
 * Creates `<home>/data` with initdb if it is missing, with checksums, UTF-8 and a locale that does not depend on the C
 * library, whose updates could corrupt indexes. Atomic: an interrupted call leaves a staging folder, which the next
 * call removes. Requires the lock of `home`.
 *
 * @throws SupervisorError when the data is of another major version, or initdb fails
 */
export async function ensureCluster(
  home: string,
  binaries: PostgresBinaries,
  account: Account | null,
  adminPassword: string,
): Promise<{ data: string; fresh: boolean }> {
  const data = join(home, 'data');
  for (const name of await readdir(home)) {
    if (/^(init|pgsql-new)-/.test(name)) await rm(join(home, name), { recursive: true, force: true });
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
  const staging = await mkdtemp(join(home, 'init-'));
  try {
    await chmod(staging, 0o700);
    const passwordFile = join(staging, 'password');
    const fresh = join(staging, 'data');
    await writeFile(passwordFile, `${adminPassword}\n`, { mode: 0o600, flag: 'wx' });
    await mkdir(fresh, { mode: 0o700 });
    if (account) {
      for (const path of [passwordFile, fresh, staging]) await chown(path, account.uid, account.gid);
    }
    await initdb(binaries, fresh, passwordFile, account);
    await rename(fresh, data);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { data, fresh: true };
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
): Promise<void> {
  const args = [
    ...['--pgdata', data, '--username', ADMIN_ROLE, '--pwfile', passwordFile],
    ...['--auth-local', 'scram-sha-256', '--auth-host', 'reject'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...['--data-checksums', '--no-instructions'],
  ];
  const child = spawn(join(binaries.binDir, 'initdb'), args, {
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const tail = new Tail();
  eachLine(child.stdout, (line) => tail.push(line));
  eachLine(child.stderr, (line) => tail.push(line));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new SupervisorError(`initdb exited with ${code}: ${tail.text()}`, 'See the lines above for the cause');
  }
}

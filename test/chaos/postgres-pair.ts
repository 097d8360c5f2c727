import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { serviceAccount } from '../../src/supervisor/account.ts';
import { findPostgres } from '../../src/supervisor/postgres-binaries.ts';
import { ensureCluster } from '../../src/supervisor/postgres-cluster.ts';
import { POSTGRES_ENVIRONMENT } from '../../src/supervisor/postgres-settings.ts';
import { freePort } from '../../testkit/free-port.ts';
import { ensureServiceAccount, makeTestFolder } from '../../testkit/supervisor.ts';
import { until } from '../../testkit/until.ts';

/** A PostgreSQL server that replicates to a standby synchronously: a commit returns when both servers have written it to disk. */
export interface PostgresPair {
  /** Port of the primary on 127.0.0.1. */
  port: number;
  /** URL of the service's database on the primary. */
  url: string;
  /** Kills the primary together with all data that it has not sent, and promotes the standby. Returns the standby's port. */
  failOver(): Promise<number>;
  close(): Promise<void>;
}

interface Server {
  port: number;
  child: ChildProcess;
}

type Account = Awaited<ReturnType<typeof serviceAccount>>;

const STANDBY = 'standby';

export async function openPostgresPair(): Promise<PostgresPair> {
  await ensureServiceAccount();
  // On a disk, writing the files of the two clusters takes more than a second of processor time.
  const { path: home, remove } = await makeTestFolder(process.env.TEST_MEMORY);
  const password = randomBytes(16).toString('hex');
  const account = await serviceAccount();
  const binaries = await findPostgres(home);
  const { data } = await ensureCluster(home, binaries, account, password);
  await writeFile(join(data, 'pg_hba.conf'), HBA);
  const program = join(binaries.binDir, 'postgres');
  const urlOf = (port: number, database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  const query = (port: number, sql: string) => queryOnce(urlOf(port, 'postgres'), sql);
  const start = async (folder: string, settings: Record<string, string>) => {
    const server = await startServer(program, folder, account, settings);
    await until(() => query(server.port, 'SELECT 1').catch(() => false), { what: 'PostgreSQL' });
    return server;
  };

  const primary = await start(data, {});
  await query(primary.port, 'CREATE DATABASE airlock');
  const copy = join(home, 'standby');
  await copyCluster(urlOf(primary.port, 'postgres'), data, copy);
  if (account) await own(copy, account);
  const standby = await start(copy, {
    primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres password=${password} application_name=${STANDBY}`,
  });
  await query(primary.port, `ALTER SYSTEM SET synchronous_standby_names = '${STANDBY}'`);
  await query(primary.port, 'SELECT pg_reload_conf()');
  const states = `SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`;
  await until(async () => (await query(primary.port, states)).length === 1, { what: 'a synchronous standby' });

  return {
    port: primary.port,
    url: urlOf(primary.port, 'airlock'),
    async failOver() {
      primary.child.kill('SIGKILL');
      await query(standby.port, 'SELECT pg_promote()');
      return standby.port;
    },
    async close() {
      for (const { child } of [primary, standby]) await end(child);
      await remove();
    },
  };
}

async function startServer(
  program: string,
  folder: string,
  account: Account,
  settings: Record<string, string>,
): Promise<Server> {
  const port = await freePort();
  const all = { ...COMMON, unix_socket_directories: '', port: String(port), ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(program, ['-D', folder, ...args], {
    ...{ cwd: '/', env: POSTGRES_ENVIRONMENT, stdio: 'ignore' },
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  return { port, child };
}

async function queryOnce(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Copies the files of a running server as pg_basebackup does, and records the position from which the copy must read the log. */
async function copyCluster(url: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SELECT pg_backup_start('copy', true)`);
  await cp(from, to, { recursive: true, filter: (path) => !/postmaster\.(pid|opts)$|pg_wal\/.+/.test(path) });
  const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
  await client.end();
  await writeFile(join(to, 'backup_label'), rows[0].labelfile, { mode: 0o600 });
  await writeFile(join(to, 'standby.signal'), '', { mode: 0o600 });
  for (const name of ['archive_status', 'summaries']) await mkdir(join(to, 'pg_wal', name), { recursive: true });
}

/** Stops a server and all its processes immediately. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGQUIT');
  await exited;
}

async function own(path: string, account: { uid: number; gid: number }): Promise<void> {
  await chown(path, account.uid, account.gid);
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    await chown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
}

const HBA = `host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;
const COMMON = {
  listen_addresses: '127.0.0.1',
  wal_level: 'replica',
  wal_keep_size: '64MB',
  max_connections: '100',
  shared_buffers: '32MB',
};

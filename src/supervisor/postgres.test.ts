import { spawn } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureServiceAccount, makeTestFolder, recordingLogger } from '../../testkit/supervisor.ts';
import { markProcess } from '../telemetry/process-stat.ts';
import { isRoot, serviceAccount } from './account.ts';
import { type EmbeddedPostgres, openEmbeddedPostgres } from './postgres.ts';
import { socketUrl } from './postgres-connect.ts';
import { findServer } from './postgres-server.ts';
import { processesIn, waitUntil } from './process-table.ts';
import { loadSecrets } from './secrets.ts';
import { supervisePostgres } from './supervise-postgres.ts';

const logger = recordingLogger();
const opened: { stop(): Promise<void> }[] = [];
let root: string;
let remove: () => Promise<void>;
let dataDir: string;

async function open(folder: string, immediate?: AbortSignal): Promise<EmbeddedPostgres> {
  const postgres = await openEmbeddedPostgres({ dataDir: folder, logger, ...(immediate && { immediate }) });
  opened.push(postgres);
  return postgres;
}

/** Whether the servers have logged the line. */
function hasLogged(text: string): boolean {
  return logger.entries.some(({ message }) => message === text);
}

/** Returns the process id of the server's checkpointer, which only the superuser can see. */
async function checkpointerOf(postgres: EmbeddedPostgres): Promise<number> {
  const { postgresAdminPassword } = await loadSecrets(dataDir);
  const url = socketUrl(postgres.socketDir, postgresAdminPassword, 'postgres', 'postgres');
  const [row] = await query<{ pid: number }>(
    url,
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
  );
  return row!.pid;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await ensureServiceAccount();
  ({ path: root, remove } = await makeTestFolder());
  // Every test in this file uses a name with a space, a quote, a comma and non-ASCII letters.
  dataDir = join(root, "o'hara, données");
});
afterEach(async () => {
  for (const postgres of opened.splice(0)) await postgres.stop();
});
afterAll(() => remove());

describe('the embedded PostgreSQL', () => {
  it('starts in an empty directory, with checksums, UTF-8 and the application as owner of its database', async () => {
    const postgres = await open(dataDir);
    expect(postgres.owned).toBe(true);
    const [row] = await query<Record<string, string>>(
      postgres.url,
      `SELECT current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS commit, current_setting('server_encoding') AS encoding,
              current_setting('is_superuser') AS superuser, current_user AS role,
              pg_get_userbyid(datdba) AS owner, datlocprovider AS provider
         FROM pg_database WHERE datname = current_database()`,
    );
    expect(row).toMatchObject({ checksums: 'on', fsync: 'on', commit: 'on', encoding: 'UTF8' });
    expect(row).toMatchObject({ superuser: 'off', role: 'airlock', owner: 'airlock', provider: 'b' });
  });

  it('opens no TCP port and keeps its socket in a folder of mode 0700', async () => {
    const postgres = await open(dataDir);
    const [row] = await query<{ listen: string }>(postgres.url, `SELECT current_setting('listen_addresses') AS listen`);
    expect(row?.listen).toBe('');
    for (const table of ['tcp', 'tcp6']) {
      const listening = (await readFile(`/proc/${postgres.pid}/net/${table}`, 'utf8'))
        .split('\n')
        .filter((line) => /^\s*\d+: \S+:1538 \S+ 0A/.test(line));
      expect(listening, 'port 5432 (hex 1538) listens').toEqual([]);
    }
    expect((await stat(postgres.socketDir)).mode & 0o777).toBe(0o700);
  });

  it('never runs as root, and keeps its data and secrets from other accounts', async () => {
    const postgres = await open(dataDir);
    const expected = isRoot() ? (await serviceAccount())!.uid : process.getuid!();
    const status = await readFile(`/proc/${postgres.pid}/status`, 'utf8');
    const uids = /^Uid:\s+(.*)$/m.exec(status)![1]!.split(/\s+/).map(Number);
    expect(uids).toEqual([expected, expected, expected, expected]);
    expect(uids).not.toContain(0);
    expect((await stat(join(dataDir, 'postgres/data'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });

  it('rejects a wrong password even on the socket', async () => {
    const postgres = await open(dataDir);
    const url = new URL(postgres.url);
    url.password = 'wrong';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('is shared by all its users, and the last user shuts it down', async () => {
    const first = await open(dataDir);
    const second = await open(dataDir);
    expect(second).toMatchObject({ owned: false, pid: first.pid });
    await first.stop();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
    expect(markProcess(first.pid)).toBeNull();
  });

  it('is started once when many callers open it concurrently', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => open(dataDir)));
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    expect(all.filter(({ owned }) => owned)).toHaveLength(1);
  });

  it('notifies every user when it is killed, and recovers every committed row at the next start', async () => {
    const owner = await open(dataDir);
    const other = await open(dataDir);
    await query(owner.url, 'DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int)');
    for (let n = 0; n < 20; n += 1) await query(owner.url, `INSERT INTO kept VALUES (${n})`);
    const exits = Promise.all([owner, other].map((user) => new Promise((resolve) => user.onExit(resolve))));
    process.kill(owner.pid, 'SIGKILL');
    expect(await exits).toEqual([
      { code: null, signal: 'SIGKILL' },
      { code: null, signal: null },
    ]);
    await owner.stop();
    await other.stop();
    const again = await open(dataDir);
    expect(again.url).toBe(owner.url);
    expect(await query(again.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 20 }]);
  });

  it('does not start alongside a backend that outlived its killed server', async () => {
    const first = await open(dataDir);
    const client = new pg.Client({ connectionString: first.url });
    client.on('error', () => undefined);
    await client.connect();
    const busy = client
      .query('SELECT count(*) FROM generate_series(1, 2000000000)')
      .catch((error: Error) => error.message);
    await waitUntil(
      async () =>
        (
          await query(
            first.url,
            `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%2000000000%' AND state = 'active' AND pid <> pg_backend_pid()`,
          )
        ).length > 0,
      5000,
    );
    const died = new Promise((resolve) => first.onExit(resolve));
    process.kill(first.pid, 'SIGKILL');
    await died;
    await first.stop();
    const second = await open(dataDir);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await busy).toBeTypeOf('string');
    const data = join(dataDir, 'postgres/data');
    for (const { pid } of await processesIn(data, 'postgres')) {
      const parent = Number(/\) \S (\d+)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))![1]);
      expect([process.pid, second.pid]).toContain(parent);
    }
    await client.end().catch(() => undefined);
  });

  it('is replaced by a supervised server after its supervisor was killed', async () => {
    const script = `
      import { openEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))};
      const quiet = () => {};
      const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
      const { pid } = await openEmbeddedPostgres({ dataDir: process.argv[1], logger });
      process.stdout.write(String(pid));
    `;
    const supervisor = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => supervisor.once('exit', resolve));
    const orphan = Number(await new Promise((resolve) => supervisor.stdout.once('data', resolve)));
    supervisor.kill('SIGKILL');
    await gone;
    expect(markProcess(orphan)).not.toBeNull();
    const postgres = await open(dataDir);
    expect(postgres.owned).toBe(true);
    expect(markProcess(orphan)).toBeNull();
    expect(await processesIn(join(dataDir, 'postgres/data'), 'postgres')).not.toEqual([]);
    expect((await findServer(join(dataDir, 'postgres/data')))?.process.pid).toBe(postgres.pid);
  });

  it('is shut down immediately when there is no time for a checkpoint, without losing a committed row', async () => {
    const immediate = new AbortController();
    const postgres = await open(dataDir, immediate.signal);
    await query(postgres.url, 'CREATE TABLE hurried (n int); INSERT INTO hurried VALUES (1)');
    // While the checkpointer is stopped, a fast shutdown never finishes, because it waits for a checkpoint.
    const checkpointer = await checkpointerOf(postgres);
    process.kill(checkpointer, 'SIGSTOP');
    const stopping = postgres.stop();
    expect(await waitUntil(async () => hasLogged('received fast shutdown request'), 5000)).toBe(true);
    expect(hasLogged('received immediate shutdown request')).toBe(false);
    immediate.abort();
    expect(await waitUntil(async () => hasLogged('received immediate shutdown request'), 5000)).toBe(true);
    process.kill(checkpointer, 'SIGCONT');
    await stopping;
    expect(markProcess(postgres.pid)).toBeNull();
    expect(await processesIn(join(dataDir, 'postgres/data'), 'postgres')).toEqual([]);
    expect(await query((await open(dataDir)).url, 'SELECT n FROM hurried')).toEqual([{ n: 1 }]);
  });

  it('keeps running for other users, even when there is no time for a checkpoint', async () => {
    const immediate = new AbortController();
    const first = await open(dataDir, immediate.signal);
    const other = await open(dataDir);
    immediate.abort();
    await first.stop();
    expect(await query(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await other.stop();
    expect(markProcess(first.pid)).toBeNull();
  });

  it('does not keep running when an immediate stop interrupts its start', async () => {
    const immediate = new AbortController();
    const data = join(dataDir, 'postgres/data');
    const opening = open(dataDir, immediate.signal);
    const outcome = opening.catch((error: Error) => error.name);
    await waitUntil(async () => (await processesIn(data, 'postgres')).length > 0, 5000);
    immediate.abort();
    const opened = await outcome;
    // The server may have become ready just before the abort. In that case, it can be stopped.
    if (typeof opened !== 'string') await opened.stop();
    else expect(opened).toBe('AbortError');
    expect(await processesIn(data, 'postgres')).toEqual([]);
  });

  it('ignores a stale postmaster.pid whose process id another program has reused', async () => {
    const postgres = await open(dataDir);
    const path = join(dataDir, 'postgres/data/postmaster.pid');
    const content = await readFile(path, 'utf8');
    await postgres.stop();
    await writeFile(path, content.replace(/^\d+/, String(process.pid)));
    expect(await findServer(join(dataDir, 'postgres/data'))).toBeNull();
    expect((await open(dataDir)).owned).toBe(true);
  });

  it('rejects data of another major version, with a remedy', async () => {
    const postgres = await open(dataDir);
    await postgres.stop();
    const path = join(dataDir, 'postgres/data/PG_VERSION');
    await writeFile(path, '15\n');
    await expect(open(dataDir)).rejects.toThrow(/created by PostgreSQL 15.*Dump it with PostgreSQL 15/);
    await writeFile(path, '17\n');
  });

  it('starts again with an existing cluster', async () => {
    await (await open(dataDir)).stop();
    await open(dataDir);
  });

  it('works in a data directory with a path of 150 characters, and then has its socket in another folder', async () => {
    const long = join(root, 'x'.repeat(150 - root.length - 1));
    expect(long).toHaveLength(150);
    await mkdir(long, { mode: 0o711 });
    const postgres = await open(long);
    expect(postgres.socketDir.startsWith(long)).toBe(false);
    expect((await stat(postgres.socketDir)).mode & 0o777).toBe(0o700);
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('logs no password', async () => {
    const postgres = await open(dataDir);
    expect(JSON.stringify(logger.entries)).not.toContain(new URL(postgres.url).password);
  });
});

describe('supervisePostgres', () => {
  it('restarts a killed server under the same URL, until it is stopped', async () => {
    const postgres = await supervisePostgres({
      dataDir,
      logger,
      backoff: { firstMs: 1, maximumMs: 10, healthyMs: 1000 },
    });
    opened.push(postgres);
    await query(postgres.url, 'DROP TABLE IF EXISTS counted; CREATE TABLE counted (n int)');
    for (let round = 1; round <= 3; round += 1) {
      await query(postgres.url, `INSERT INTO counted VALUES (${round})`);
      process.kill(postgres.pid!, 'SIGKILL');
      expect(await waitUntil(async () => postgres.restarts === round && postgres.pid !== null, 20_000)).toBe(true);
    }
    expect(await query(postgres.url, 'SELECT count(*)::int AS n FROM counted')).toEqual([{ n: 3 }]);
    const last = postgres.pid!;
    await postgres.stop();
    expect(markProcess(last)).toBeNull();
  });
});

describe('the database of a command that removes its data directory', () => {
  const settingOf = async ({ url }: EmbeddedPostgres) =>
    (await query<{ fsync: string }>(url, `SELECT current_setting('fsync') AS fsync`))[0]!.fsync;
  const folder = () => join(root, 'temporary');
  const mark = () => join(folder(), 'postgres/temporary');
  const use = async (isTemporary: boolean, sql: string) => {
    const postgres = await openEmbeddedPostgres({ dataDir: folder(), logger, isTemporary });
    try {
      return { fsync: await settingOf(postgres), rows: await query(postgres.url, sql) };
    } finally {
      await postgres.stop();
    }
  };

  it('is flushed to the disk before another command uses it durably, and keeps its data', async () => {
    expect(await use(true, 'CREATE TABLE kept AS SELECT 1 AS one')).toMatchObject({ fsync: 'off' });
    await expect(stat(mark())).resolves.toBeTruthy();
    expect(await use(false, 'SELECT one FROM kept')).toEqual({ fsync: 'on', rows: [{ one: 1 }] });
    await expect(stat(mark())).rejects.toThrow('ENOENT');
    // The flushed database stays durable, even in a temporary use.
    expect(await use(true, 'SELECT one FROM kept')).toEqual({ fsync: 'on', rows: [{ one: 1 }] });
  });

  it('is created again after a restart of the machine, because its files may be incomplete', async () => {
    await writeFile(mark(), 'an earlier boot');
    expect(await use(false, `SELECT to_regclass('kept')::text AS name`)).toEqual({
      fsync: 'on',
      rows: [{ name: null }],
    });
    await expect(stat(mark())).rejects.toThrow('ENOENT');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl } from '../../src/cli/database-url.ts';
import { readConfig } from '../../src/config/config.ts';
import { DATABASE_ROLES, type DatabaseRole } from '../../src/config/database-roles.ts';
import { openEmbeddedPostgres } from '../../src/supervisor/postgres.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { descendantsOf, processesOf } from '../../testkit/processes-of.ts';
import { programArgs } from '../../testkit/program.ts';
import { copyPreparedDataDir, startService, type TestService } from '../../testkit/service.ts';
import { openAsSuperuser, openServiceDatabase } from '../../testkit/service-database.ts';
import { recordingLogger } from '../../testkit/supervisor.ts';
import { until } from '../../testkit/until.ts';

const PROCESSES = ['api', 'worker', 'gateway', 'postgres'];
const ROLES = Object.keys(DATABASE_ROLES) as DatabaseRole[];
/** SQLSTATE of insufficient_privilege. */
const REJECTED = '42501';
const SIGNING_KEY = Buffer.alloc(32, 7).toString('base64url');

let folder: string;
let clip: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-up-roles-'));
  // As root, the database and cells run under other accounts, which must be able to enter the folder.
  await chmod(folder, 0o711);
  clip = await makeClip(join(folder, 'clip.mp4'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Returns the connections to the application's database: the application names of each role. */
async function connected(dataDir: string): Promise<Record<string, string[]>> {
  const db = await openAsSuperuser(dataDir);
  const { rows } = await db.query(
    `SELECT DISTINCT usename, application_name FROM pg_stat_activity
      WHERE datname = 'airlock' AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
  );
  await db.end();
  return Object.fromEntries(
    [...new Set(rows.map((row) => row.usename as string))].sort().map((user) => [
      user,
      rows
        .filter((row) => row.usename === user)
        .map((row) => row.application_name)
        .sort(),
    ]),
  );
}

describe('airlock up', () => {
  let service: TestService;
  const clients = {} as Record<DatabaseRole, pg.Client>;
  /** A connection of the superuser, which the roles try to attack. */
  let admin: pg.Client | undefined;

  beforeAll(async () => {
    service = await startService({ AIRLOCK_SIGNING_KEY: SIGNING_KEY, AIRLOCK_WORKER_SLOTS: '1' });
    for (const role of ROLES) clients[role] = await openServiceDatabase(service, role);
  });
  afterAll(async () => {
    for (const client of [admin, ...Object.values(clients)]) await client?.end().catch(() => undefined);
    await service?.remove();
  });

  it("connects the API and the worker with their own roles, and no process with the owner's role", async () => {
    const seen = await connected(service.dataDir);
    expect(Object.keys(seen)).toEqual(Object.values(DATABASE_ROLES).sort());
    expect(seen.airlock_api).toEqual(expect.arrayContaining(['airlock-api', 'airlock-listen']));
    expect(seen.airlock_api!.join()).not.toContain('worker');
    expect(seen.airlock_worker).toContain('airlock-worker');
    expect(seen.airlock_worker!.join()).not.toContain('api');
  });

  it('can do all of its work with the privileges of these roles', async () => {
    const { fileUrl } = await upload(service, clip);
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    expect(job.status, JSON.stringify(job)).toBe('completed');
    expect((await service.call('GET', `/v1/transcodes/${job.id}/manifest`)).status).toBe(200);
    expect((await service.call('GET', `/v1/transcodes/${job.id}/download`)).status).toBe(200);
    expect((await service.call('DELETE', `/v1/transcodes/${job.id}`)).status).toBe(200);
    await until(async () => (await service.call('GET', `/v1/transcodes/${job.id}/receipt`)).json.receipt?.complete, {
      what: 'the receipt',
    });
    const waiting = await service.call('POST', '/v1/transcodes', { inputs: [{ url: fileUrl }], outputFormat: 'mp4' });
    expect((await service.call('PATCH', `/v1/transcodes/${waiting.json.id}/cancel`)).status).not.toBe(500);
    const made = await service.call('POST', '/v1/keys', { name: 'another' });
    expect((await service.call('POST', `/v1/keys/${made.json.id}/rotate`)).status).toBe(201);
    const verified = await service.cli('audit', 'verify');
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('is intact')]);
    const doctor = await service.cli('doctor');
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('1 worker alive')]);
    expect((await service.call('GET', '/health-check')).json).toMatchObject({ ok: true, workers: { alive: 1 } });
    // Retention, recovery and housekeeping run from the start, so a missing privilege would be logged here.
    expect(service.output()).not.toMatch(/permission denied|\b42501\b|authentication failed/);
  });

  const own: Record<DatabaseRole, string[]> = {
    worker: [
      'SELECT key_hash FROM api_keys',
      'SELECT count(*) FROM api_keys',
      'SELECT answer_sealed FROM idempotency_keys',
      'SELECT * FROM signing_keys',
      'UPDATE accounts SET monthly_minutes = NULL',
      'DELETE FROM audit_log',
    ],
    api: [
      'DELETE FROM jobs',
      'DELETE FROM api_keys',
      'INSERT INTO attempts SELECT * FROM attempts',
      "UPDATE attempts SET tier = 'none'",
      'UPDATE workers SET heartbeat_at = now()',
      'UPDATE audit_log SET actor = NULL',
    ],
  };
  const both = [
    'SELECT * FROM schema_migrations',
    'CREATE TABLE mine (x int)',
    'CREATE SCHEMA mine',
    'UPDATE account_schedule SET running = 0',
    'CREATE TEMPORARY TABLE mine (x int)',
    'CREATE SCHEMA mine',
    'CREATE DATABASE mine',
    'CREATE ROLE mine',
    'CREATE EXTENSION pg_trgm',
    'SELECT * FROM pg_authid',
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY jobs FROM PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/airlock-written'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT lo_import('/etc/passwd')",
    "ALTER SYSTEM SET fsync = 'off'",
    'SELECT pg_reload_conf()',
    'SET ROLE airlock',
    'SET SESSION AUTHORIZATION airlock',
    'GRANT airlock TO CURRENT_USER',
    'ALTER ROLE CURRENT_USER SUPERUSER',
    "ALTER ROLE airlock PASSWORD 'mine'",
    'ALTER TABLE audit_log OWNER TO CURRENT_USER',
    'ALTER TABLE audit_log DISABLE TRIGGER ALL',
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
  ];
  it.each(ROLES.flatMap((role) => [...own[role], ...both].map((statement) => [role, statement] as const)))(
    'prevents the %s from running: %s',
    async (role, statement) => {
      admin ??= await openAsSuperuser(service.dataDir);
      await expect(clients[role].query(statement)).rejects.toMatchObject({ code: REJECTED });
      expect((await admin.query('SELECT 1 AS here')).rows).toEqual([{ here: 1 }]);
    },
  );

  it.each(ROLES)('hides from the %s the queries of other roles and all other databases', async (role) => {
    const owner = await openServiceDatabase(service);
    const { rows } = await clients[role].query(
      'SELECT DISTINCT query FROM pg_stat_activity WHERE usename <> current_user AND pid <> pg_backend_pid() AND usename IS NOT NULL',
    );
    await owner.end();
    expect(rows).toEqual([{ query: '<insufficient privilege>' }]);
    const config = readConfig({ AIRLOCK_DATA_DIR: service.dataDir });
    for (const database of ['postgres', 'template1']) {
      const url = new URL(databaseUrl(config, await loadSecrets(service.dataDir), role));
      url.pathname = database;
      const client = new pg.Client({ connectionString: url.href });
      await expect(client.connect()).rejects.toMatchObject({ code: REJECTED });
    }
  });

  it('passes no password on the command line or in the environment of a process', async () => {
    const secrets = Object.values(await loadSecrets(service.dataDir));
    expect(secrets.length).toBeGreaterThan(6);
    const pids = [service.pid, ...PROCESSES.flatMap((role) => service.pids(role))];
    expect(pids).toHaveLength(5);
    for (const pid of pids) {
      const told = readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1');
      expect(told).toContain('PATH=');
      for (const secret of secrets) expect(told.includes(secret)).toBe(false);
    }
    // Only the API gets the signing key that an operator sets in the environment.
    const holds = PROCESSES.filter((role) =>
      service.pids(role).some((pid) => readFileSync(`/proc/${pid}/environ`, 'latin1').includes(SIGNING_KEY)),
    );
    expect(holds).toEqual(['api']);
  });

  it('migrates a data directory without these roles automatically, with all of its data', async () => {
    for (const client of [admin, ...Object.values(clients)]) await client?.end();
    const { fileUrl } = await upload(service, clip);
    const before = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    await service.stop();
    await forgetRoles(service.dataDir);
    service = await startService({ AIRLOCK_SIGNING_KEY: SIGNING_KEY }, { dataDir: service.dataDir });
    expect((await service.call('GET', `/v1/transcodes/${before.id}`)).json.status).toBe('completed');
    const after = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    expect(after.status).toBe('completed');
    expect(Object.keys(await connected(service.dataDir))).toEqual(Object.values(DATABASE_ROLES).sort());
    expect(service.output()).not.toMatch(/permission denied|\b42501\b|authentication failed/);
    for (const role of ROLES) clients[role] = await openServiceDatabase(service, role);
    await expect(clients.worker.query('SELECT key_hash FROM api_keys')).rejects.toMatchObject({ code: REJECTED });
    await expect(clients.api.query('CREATE TEMPORARY TABLE mine (x int)')).rejects.toMatchObject({ code: REJECTED });
  });

  it('restores the passwords of the roles from secrets.json when they differ', async () => {
    for (const role of ROLES) await clients[role].end();
    await service.stop();
    const path = join(service.dataDir, 'secrets.json');
    const { postgresWorkerPassword: old, ...older } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify(older));
    // `up` opens its database server with this function.
    const server = await openEmbeddedPostgres({ dataDir: service.dataDir, logger: recordingLogger() });
    expect((await loadSecrets(service.dataDir)).postgresWorkerPassword).not.toBe(old);
    const worker = await openServiceDatabase(service, 'worker');
    expect((await worker.query('SELECT current_user AS me')).rows).toEqual([{ me: 'airlock_worker' }]);
    await worker.end();
    await server.stop();
  });
});

/** Restores a data directory of an earlier release: without roles and their passwords, and with a database that every role can access. */
async function forgetRoles(dataDir: string): Promise<void> {
  const server = await openEmbeddedPostgres({ dataDir, logger: recordingLogger() });
  const db = await openAsSuperuser(dataDir);
  const roles = Object.values(DATABASE_ROLES).join(', ');
  await db.query(`DROP OWNED BY ${roles}`);
  await db.query(`DROP ROLE ${roles}`);
  await db.query('GRANT CONNECT, TEMPORARY ON DATABASE airlock TO PUBLIC');
  await db.end();
  await server.stop();
  const path = join(dataDir, 'secrets.json');
  const { postgresApiPassword: _, postgresWorkerPassword: __, ...older } = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify(older));
}

describe('airlock transcode with its own server', () => {
  it('connects with the same roles, and leaves nothing behind after a second Ctrl-C', async () => {
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    await makeClip(join(folder, 'long.mp4'), { seconds: 8, size: '320x180', args: noise });
    const { AIRLOCK_DATA_DIR: _, ...rest } = process.env;
    const env = { ...rest, AIRLOCK_MADE_DATA_DIR: '1' };
    // Copies a prepared directory, as if the launcher had created it for this command.
    await copyPreparedDataDir(join(folder, '.airlock'));
    const args = ['transcode', 'long.mp4', 'out.mp4', '--option', '-preset veryslow'];
    const child = spawn(process.execPath, programArgs(args), { cwd: folder, env, stdio: 'ignore' });
    const exited = once(child, 'exit');
    await until(() => descendantsOf(child.pid!).some(({ name }) => name === 'ffmpeg'), { what: 'the encode' });
    const users = async () => Object.keys(await connected(join(folder, '.airlock'))).join();
    await until(async () => (await users()) === Object.values(DATABASE_ROLES).sort().join(), { what: 'both roles' });
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect((await exited)[0]).toBe(130);
    expect(processesOf(folder)).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['clip.mp4', 'long.mp4']);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_ROLES } from '../../src/config/database-roles.ts';
import { grantRoles, TABLE_RIGHTS } from '../../src/database/roles.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { programArgs } from '../../testkit/program.ts';
import { call, runCli, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';

/** An address at which no server listens. */
const NO_DATABASE = 'postgres://nobody@127.0.0.1:1/none';

/*
 * Runs API, worker and gateway as three accounts would: each with its own data directory, only the secrets that it needs, and its own login
 * in a real PostgreSQL (none for the gateway).
 */
describe('a separate database role', () => {
  let folder: string;
  let database: TestDatabase;
  const children: ChildProcess[] = [];
  const logins: string[] = [];
  const urls = {} as Record<'api' | 'worker', string>;
  const clients = {} as Record<'api' | 'worker', pg.Client>;
  const output: Record<string, string> = {};
  let service: Pick<TestService, 'call'>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-roles-'));
    await chmod(folder, 0o711);
    database = await makeDatabase();
    const owner = { ...process.env, AIRLOCK_DATABASE_URL: database.url, AIRLOCK_DATA_DIR: join(folder, 'owner') };
    const migrated = await runCli(['migrate', '--roles'], owner);
    expect(migrated.stderr).toMatch(/Granted rights to airlock_api and airlock_worker/);
    for (const role of ['api', 'worker'] as const) urls[role] = await makeLogin(role);
    for (const role of ['api', 'worker'] as const) {
      clients[role] = new pg.Client({ connectionString: urls[role] });
      await clients[role].connect();
    }
    const made = await runCli(['keys', 'create', '--name', 'roles', '--json'], owner);
    const { key } = JSON.parse(made.stdout);

    const gateway = await start('gateway', owner, { AIRLOCK_DATABASE_URL: NO_DATABASE }, 'storage gateway listens');
    const secrets = JSON.parse((await runCli(['secrets', '--for', 'worker'], owner)).stdout);
    const storage = {
      AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=http://127.0.0.1:${gateway}&region=local`,
      AWS_ACCESS_KEY_ID: secrets.storageAccessKeyId,
      AWS_SECRET_ACCESS_KEY: secrets.storageSecretKey,
    };
    await start('worker', owner, { ...storage, AIRLOCK_DATABASE_URL: urls.worker }, 'worker accepts jobs');
    const api = await start('api', owner, { ...storage, AIRLOCK_DATABASE_URL: urls.api }, 'API listens');
    service = { call: (method, path, body) => call(`http://127.0.0.1:${api}${path}`, method, key, body) };
  }, 120_000);

  afterAll(async () => {
    for (const child of children) child.kill('SIGTERM');
    await until(() => children.every((child) => child.exitCode !== null), { what: 'the roles to end' });
    for (const client of Object.values(clients)) await client.end();
    await database?.pg.query(logins.map((login) => `DROP ROLE ${login}`).join(';'));
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function makeLogin(role: 'api' | 'worker'): Promise<string> {
    const login = `test_${role}_${randomBytes(6).toString('hex')}`;
    await database.pg.query(`CREATE ROLE ${login} LOGIN PASSWORD 'x' IN ROLE ${DATABASE_ROLES[role]}`);
    logins.push(login);
    const url = new URL(database.url);
    url.username = login;
    url.password = 'x';
    return url.toString();
  }

  /** Starts a role on a free port, with only the secrets that it needs. Returns the port. */
  async function start(role: string, owner: NodeJS.ProcessEnv, env: Record<string, string>, sign: string) {
    const dataDir = join(folder, role);
    await mkdir(dataDir, { mode: 0o711 });
    const { stdout } = await runCli(['secrets', '--for', role], owner);
    await writeFile(join(dataDir, 'secrets.json'), stdout, { mode: 0o600 });
    if (role === 'worker') await linkRootImage(dataDir);
    const child = spawn(process.execPath, programArgs([role]), {
      env: {
        ...process.env,
        ...{ AIRLOCK_DATA_DIR: dataDir, AIRLOCK_PORT: '0', AIRLOCK_STORAGE_PORT: '0', AIRLOCK_METRICS_PORT: '0' },
        AIRLOCK_WORKER_SLOTS: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    output[role] = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output[role] += chunk));
    const line = await until(
      () => {
        if (child.exitCode !== null) throw new Error(`${role} ended with ${child.exitCode}: ${output[role]}`);
        return output[role]!.split('\n').find((text) => text.includes(sign));
      },
      { what: `${role} to run`, timeoutMs: 60_000 },
    );
    return JSON.parse(line).port;
  }

  it('permits everything that the API and the worker do for a job', async () => {
    const clip = await makeClip(join(folder, 'clip.mp4'));
    const { fileUrl } = await upload(service as TestService, clip);
    const job = await transcode(service as TestService, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    expect(job.status, JSON.stringify(job)).toBe('completed');
    expect((await service.call('GET', `/v1/transcodes/${job.id}/manifest`)).status).toBe(200);
    const waiting = await service.call('POST', '/v1/transcodes', { inputs: [{ url: fileUrl }], outputFormat: 'mp4' });
    expect((await service.call('PATCH', `/v1/transcodes/${waiting.json.id}/cancel`)).status).not.toBe(500);
    expect((await service.call('DELETE', `/v1/transcodes/${job.id}`)).status).toBe(200);
    await until(async () => (await service.call('GET', `/v1/transcodes/${job.id}/receipt`)).json.receipt?.complete, {
      what: 'the receipt',
      timeoutMs: 10_000,
    });
    const made = await service.call('POST', '/v1/keys', { name: 'another' });
    expect([made.status, made.text]).toEqual([201, expect.stringContaining('al_live_')]);
    expect((await service.call('POST', `/v1/keys/${made.json.id}/rotate`)).status).toBe(201);
    const health = await service.call('GET', '/health-check');
    expect(health.json).toMatchObject({ ok: true, workers: { alive: 1 } });
    // Retention, recovery and housekeeping run from the start, so a missing privilege would be logged here.
    for (const role of ['api', 'worker']) expect(output[role]).not.toMatch(/permission denied|\b42501\b/);
  });

  const CODE = '42501';
  /** A job that a client could have created, without a parent. */
  const INSERT_JOB = `
    INSERT INTO jobs (id, account_id, kind, resource_class, status, available_at, fetches, request_facts, retention_seconds)
    SELECT gen_random_uuid(), id, 'transcode', 'light', 'pending', now(), false, '{"v":1}', 60 FROM accounts`;
  it.each([
    ['worker', 'SELECT key_hash FROM api_keys'],
    ['worker', 'SELECT count(*) FROM api_keys'],
    ['worker', 'UPDATE api_keys SET revoked_at = NULL'],
    ['worker', 'SELECT answer_sealed FROM idempotency_keys'],
    ['worker', 'SELECT * FROM signing_keys'],
    ['worker', `INSERT INTO signing_keys VALUES ('x', sha256('x'))`],
    ['worker', 'UPDATE audit_log SET actor = NULL'],
    ['worker', 'DELETE FROM audit_log'],
    ['worker', 'DELETE FROM audit_checkpoints'],
    ['worker', INSERT_JOB],
    ['worker', 'UPDATE accounts SET monthly_minutes = NULL'],
    ['worker', 'SELECT password_hash FROM users'],
    ['worker', 'SELECT token_hash FROM sessions'],
    ['worker', 'SELECT token_hash FROM upload_tokens'],
    ['worker', 'CREATE TABLE mine (x int)'],
    ['worker', 'DROP TABLE audit_log'],
    ['worker', 'TRUNCATE audit_log'],
    ['worker', 'SELECT * FROM schema_migrations'],
    ['worker', 'CREATE ROLE mine'],
    ['api', 'DELETE FROM api_keys'],
    ['api', 'DELETE FROM accounts'],
    ['api', 'DELETE FROM users'],
    ['api', 'UPDATE setup_links SET expires_at = now()'],
    ['api', 'DELETE FROM upload_tokens'],
    ['api', 'UPDATE workers SET self_test_passed = true'],
    ['api', 'INSERT INTO attempts SELECT * FROM attempts'],
    ['api', `UPDATE attempts SET tier = 'none'`],
    ['api', 'UPDATE audit_log SET actor = NULL'],
    ['api', 'DELETE FROM audit_log'],
    ['api', 'UPDATE audit_checkpoints SET hash = hash'],
    ['api', 'DELETE FROM signing_keys'],
    ['api', 'UPDATE usage_months SET minutes = 0'],
    ['api', 'DELETE FROM jobs'],
    ['api', 'CREATE TABLE mine (x int)'],
    ['api', 'DROP TABLE audit_log'],
    ['api', 'TRUNCATE audit_log'],
    ['api', `COPY accounts TO PROGRAM 'true'`],
  ] as const)('does not permit the %s to run: %s', async (role, statement) => {
    await expect(clients[role].query(statement)).rejects.toMatchObject({ code: CODE });
  });

  it('is denied a query of key hashes that the owner can run', async () => {
    const { rows } = await database.pg.query('SELECT count(key_hash)::int AS keys FROM api_keys');
    expect(rows[0].keys).toBeGreaterThan(0);
  });

  it('is assigned to the API and the worker, but not to the gateway', async () => {
    const { rows } = await database.pg.query(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user`,
    );
    expect(rows.map((row) => row.usename).sort()).toEqual([...logins].sort());
    expect(output.gateway).not.toMatch(/database/i);
  });

  it('has declared privileges for every table', async () => {
    const { rows } = await database.pg.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    expect(Object.keys(TABLE_RIGHTS).sort()).toEqual(rows.map((row) => row.tablename).sort());
  });

  it('loses extra privileges when the declared ones are granted again', async () => {
    await database.pg.query(`GRANT SELECT (key_hash) ON api_keys TO ${DATABASE_ROLES.worker}`);
    await clients.worker.query('SELECT key_hash FROM api_keys');
    await grantRoles(database.db, { create: false });
    await expect(clients.worker.query('SELECT key_hash FROM api_keys')).rejects.toMatchObject({ code: CODE });
    await clients.worker.query('SELECT id FROM jobs');
  });
});

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { readEvents } from '../../src/events/read.ts';
import { recordEvent } from '../../src/events/record.ts';
import { createEventCatalog } from '../../src/events/types.ts';
import { until } from '../../testkit/until.ts';
import { blocks, ROOT, readPage } from '../docs/pages.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';
import { findPostgresTools } from '../helpers/postgres-tools.ts';
import { skipNote } from '../helpers/skip-note.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, '../../deploy/postgresql/after-pg-restore.sql'), 'utf8');
/** Major version of the PostgreSQL server that this test run uses. */
const server = await readServerVersion();
const tools = findPostgresTools(server);
const note = skipNote(!tools && `pg_dump ${server} is not installed: apt-get install postgresql-client-${server}`);

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(() => database?.drop());

/** Creates an account with a webhook, and two events as recorded by a server that has counted four billion transactions more. */
async function fillLikeOlderServer({ db }: TestDatabase) {
  const { id: accountId } = await db
    .insertInto('accounts')
    .values({ id: crypto.randomUUID(), name: 'restored' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('webhooks')
    .values({ id: crypto.randomUUID(), account_id: accountId, url_sealed: Buffer.of(1), secret_sealed: Buffer.of(1) })
    .execute();
  const uploads = [crypto.randomUUID(), crypto.randomUUID()];
  for (const uploadId of uploads) await record(db, accountId, uploadId);
  await sql`ALTER TABLE webhook_deliveries DISABLE TRIGGER ALL`.execute(db);
  await sql`ALTER TABLE events DISABLE TRIGGER ALL`.execute(db);
  await sql`UPDATE webhook_deliveries SET event_tx = (event_tx::text::bigint + 4000000000)::text::xid8`.execute(db);
  await sql`UPDATE events SET tx = (tx::text::bigint + 4000000000)::text::xid8`.execute(db);
  await sql`ALTER TABLE events ENABLE TRIGGER ALL`.execute(db);
  await sql`ALTER TABLE webhook_deliveries ENABLE TRIGGER ALL`.execute(db);
  return { accountId, uploads };
}

const record = (db: TestDatabase['db'], accountId: string, uploadId: string) =>
  db.transaction().execute((tx) => recordEvent(tx, { accountId, uploadId }, 'upload.deleted', { reason: 'erased' }));

const read = async (db: TestDatabase['db'], accountId: string) =>
  (await readEvents(db, createEventCatalog([]), { accountId, limit: 10 })).events.map(({ uploadId }) => uploadId);

/** Waits until this number of events is visible. Open transactions in other databases of the server hide new events until they end. */
const readVisible = (db: TestDatabase['db'], accountId: string, count: number) =>
  until(() => read(db, accountId).then((events) => (events.length < count ? null : events)), {
    what: `${count} events`,
  });

async function pendingDeliveries(db: TestDatabase['db']): Promise<number> {
  const { rows } = await sql<{ pending: number }>`
    SELECT count(*)::int AS pending FROM webhook_deliveries JOIN events ON (tx, events.id) = (event_tx, event_id)
    WHERE state = 'pending'`.execute(db);
  return rows[0]!.pending;
}

it('events of a dump are read before new events, and are delivered, on a server that has counted fewer transactions', async () => {
  const { db } = database;
  const { accountId, uploads } = await fillLikeOlderServer(database);
  expect(await read(db, accountId)).toEqual([]);

  await database.pg.query(SCRIPT);
  const later = crypto.randomUUID();
  await record(db, accountId, later);
  expect(await readVisible(db, accountId, 3)).toEqual([...uploads, later]);
  expect(await pendingDeliveries(db)).toBe(3);
});

it.skipIf(!tools)(`a dump is restored by the commands of the page, with every row${note}`, async () => {
  const [old, restored] = await Promise.all([makeDatabase(), makeDatabase({ empty: true })]);
  const folder = await mkdtemp(join(tmpdir(), 'airlock-dump-'));
  try {
    const { accountId, uploads } = await fillLikeOlderServer(old);
    const counts = await countRows(old);
    // The launcher checks which accounts can enter the folder of its program.
    await chmod(folder, 0o755);
    for (const name of ['airlock', 'deploy']) await symlink(join(ROOT, name), join(folder, name));

    const block = blocks(readPage('docs/operate/backup.md').text, ['text']).find((text) =>
      text.includes('pg_restore'),
    )!;
    const [dump, ...restore] = block.trim().split('\n');
    const bash = (commands: string, url: string) =>
      promisify(execFile)('bash', ['-euc', commands], {
        cwd: folder,
        env: {
          ...process.env,
          PATH: `${tools}${delimiter}${process.env.PATH}`,
          AIRLOCK_DATABASE_URL: url,
          AIRLOCK_DATA_DIR: join(folder, 'data'),
        },
      });
    await bash(dump!, old.url);
    await bash(restore.join('\n'), restored.url);

    expect(await countRows(restored)).toEqual(counts);
    await record(restored.db, accountId, uploads[0]!);
    expect(await readVisible(restored.db, accountId, 3)).toEqual([...uploads, uploads[0]]);
    expect(await pendingDeliveries(restored.db)).toBe(3);
  } finally {
    await Promise.all([old.drop(), restored.drop()]);
    await rm(folder, { recursive: true, force: true });
  }
});

async function readServerVersion(): Promise<number> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    const { rows } = await client.query('SHOW server_version_num');
    return Math.trunc(Number(rows[0].server_version_num) / 10_000);
  } finally {
    await client.end();
  }
}

/** Returns the number of rows of each table. */
async function countRows({ pg }: TestDatabase): Promise<Record<string, number>> {
  const { rows: tables } = await pg.query<{ name: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const counts = tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS rows FROM ${name}`);
  const { rows } = await pg.query<{ name: string; rows: number }>(counts.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, rows }) => [name, rows]));
}

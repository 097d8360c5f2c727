import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEvents } from '../../src/events/read.ts';
import { recordEvent } from '../../src/events/record.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, '../../deploy/postgresql/after-pg-restore.sql'), 'utf8');

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(() => database?.drop());

it('events of a dump are read first, with their deliveries, on a server that has counted fewer transactions', async () => {
  const { db } = database;
  const { id: accountId } = await db
    .insertInto('accounts')
    .values({ id: crypto.randomUUID(), name: 'restored' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('webhooks')
    .values({ id: crypto.randomUUID(), account_id: accountId, url_sealed: Buffer.of(1), secret_sealed: Buffer.of(1) })
    .execute();
  const record = (uploadId: string) =>
    db.transaction().execute((tx) => recordEvent(tx, { accountId, uploadId }, 'upload.deleted', { reason: 'erased' }));
  const read = async () => (await readEvents(db, { accountId, limit: 10 })).map(({ uploadId }) => uploadId);
  const [first, second, later] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  await record(first);
  await record(second);
  // As a dump of an older server restores them.
  await sql`ALTER TABLE webhook_deliveries DISABLE TRIGGER ALL`.execute(db);
  await sql`ALTER TABLE events DISABLE TRIGGER ALL`.execute(db);
  await sql`UPDATE webhook_deliveries SET event_tx = (event_tx::text::bigint + 4000000000)::text::xid8`.execute(db);
  await sql`UPDATE events SET tx = (tx::text::bigint + 4000000000)::text::xid8`.execute(db);
  await sql`ALTER TABLE events ENABLE TRIGGER ALL`.execute(db);
  await sql`ALTER TABLE webhook_deliveries ENABLE TRIGGER ALL`.execute(db);
  expect(await read()).toEqual([]);

  await database.pg.query(SCRIPT);
  await record(later);
  expect(await read()).toEqual([first, second, later]);
  const { rows } = await sql<{ pending: number }>`
    SELECT count(*)::int AS pending FROM webhook_deliveries JOIN events ON (tx, events.id) = (event_tx, event_id)
    WHERE state = 'pending'`.execute(db);
  expect(rows[0]!.pending).toBe(3);
});

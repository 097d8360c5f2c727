import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import type { Tx } from '../database/pool.ts';
import type { StoreSpace } from '../storage/types.ts';
import { ensureAccount } from './accounts.ts';
import { SpaceNearlyFull } from './store-space.ts';
import {
  countUploads,
  readAccountAndBytes,
  readStoredBytes,
  requireJobCapacity,
  requireOutputQuota,
  requireUploadCapacity,
  storedByAll,
} from './stored-bytes.ts';
import { correctStoredTotals } from './stored-totals.ts';

const OBJECT_STATES = ['pending', 'live', 'deleting', 'deleted'];
const UPLOAD_STATES = ['pending', 'confirming', 'confirmed', 'deleted'] as const;

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(() => database?.drop());

const account = async (name: string) =>
  (await database.db.transaction().execute((tx) => ensureAccount(tx, name, 'cli'))).id;

const insertObject = (id: string, owner: string, state: string, { kind = 'output', size = 10 as number | null } = {}) =>
  [
    `INSERT INTO objects (id, account_id, key, kind, content_type, size, state) VALUES ($1, $2, $3, $4, 'video/mp4', $5, $6)`,
    [id, owner, id, kind, size, state],
  ] as [string, unknown[]];

const insertUpload = (id: string, owner: string, state: string, size = 10) =>
  [
    `INSERT INTO uploads (id, account_id, staging_key, name_fingerprint, declared_type, declared_size, state, url_expires_at)
     VALUES ($1, $2, $3, sha256($4::bytea), 'video/mp4', $5, $6, now())`,
    [id, owner, id, Buffer.from(id), size, state],
  ] as [string, unknown[]];

/** Returns the totals as sums of the rows themselves. */
async function countRows(owner: string) {
  const { rows } = await database.pg.query(
    `SELECT
       ((SELECT coalesce(sum(size), 0) FROM objects
         WHERE account_id = $1 AND state <> 'deleted' AND NOT (kind = 'upload' AND state = 'pending')) +
       (SELECT coalesce(sum(declared_size), 0) FROM uploads
         WHERE account_id = $1 AND state IN ('pending', 'confirming')))::float8 AS stored,
       ${UPLOAD_STATES.slice(0, 3)
         .map((state) => `(SELECT count(*) FROM uploads WHERE account_id = $1 AND state = '${state}') AS ${state}`)
         .join()}`,
    [owner],
  );
  return rows[0];
}

async function readTotals(owner: string) {
  const [stored, pending, confirming, confirmed] = await Promise.all([
    readStoredBytes(database.db, owner),
    ...UPLOAD_STATES.slice(0, 3).map((state) => countUploads(database.db, owner, state as 'pending')),
  ]);
  return { stored, pending, confirming, confirmed };
}

describe('the totals of an account’s stored bytes', () => {
  it('equal the sums over its rows after any changes to objects and uploads in any transactions', async () => {
    const owners = [await account('first'), await account('second')];
    let seed = 11;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)]!;
    const ids: Record<'objects' | 'uploads', string[]> = { objects: [], uploads: [] };
    const step = (): [string, unknown[]] => {
      const [table, size] = [one(['objects', 'uploads'] as const), Math.floor(random() * 1000)];
      const state = one<string>(table === 'objects' ? OBJECT_STATES : UPLOAD_STATES);
      const chance = random();
      if (ids[table].length === 0 || chance < 0.4) {
        const id = randomUUID();
        ids[table].push(id);
        if (table === 'uploads') return insertUpload(id, one(owners), state, size);
        return insertObject(id, one(owners), state, {
          kind: one(['upload', 'output']),
          size: random() < 0.2 ? null : size,
        });
      }
      const some = Array.from({ length: 1 + Math.floor(random() * 3) }, () => one(ids[table]));
      if (chance < 0.7) return [`UPDATE ${table} SET state = $2 WHERE id = ANY($1)`, [some, state]];
      if (chance < 0.8) {
        const column = table === 'objects' ? 'size' : 'declared_size';
        return [`UPDATE ${table} SET ${column} = $2 WHERE id = ANY($1)`, [some, size]];
      }
      if (chance < 0.9) return [`UPDATE ${table} SET created_at = now() WHERE id = ANY($1)`, [some]];
      return [`DELETE FROM ${table} WHERE id = ANY($1)`, [some]];
    };
    // Two connections, so that totals are in several shards.
    const clients = [await database.pg.connect(), await database.pg.connect()];
    for (let transaction = 0; transaction < 150; transaction++) {
      const client = one(clients);
      await client.query('BEGIN');
      for (let count = random() * 6; count > 0; count--) await client.query(...step());
      await client.query(random() < 0.1 ? 'ROLLBACK' : 'COMMIT');
    }
    for (const client of clients) client.release();
    for (const owner of owners) {
      const rows = await countRows(owner);
      expect(await readTotals(owner)).toEqual(rows);
      expect(rows.stored).toBeGreaterThan(1000);
      expect(await countUploads(database.db, owner, null)).toBe(rows.pending + rows.confirming + rows.confirmed);
    }
    expect(await correctStoredTotals(database.db)).toBe(0);
  });

  it('are corrected after a change that bypassed the triggers, and while other connections change them', async () => {
    const owner = await account('drifted');
    await database.pg.query(...insertObject(randomUUID(), owner, 'live', { size: 7 }));
    await database.pg.query('ALTER TABLE objects DISABLE TRIGGER USER; ALTER TABLE uploads DISABLE TRIGGER USER');
    await database.pg.query(...insertObject(randomUUID(), owner, 'live', { size: 100 }));
    await database.pg.query(...insertUpload(randomUUID(), owner, 'pending', 1000));
    await database.pg.query('ALTER TABLE objects ENABLE TRIGGER USER; ALTER TABLE uploads ENABLE TRIGGER USER');
    expect((await readTotals(owner)).stored).toBe(7);
    const writer = await database.pg.connect();
    await writer.query('BEGIN');
    await writer.query(...insertObject(randomUUID(), owner, 'live', { size: 10_000 }));
    // The correction does not wait for the transaction that has not ended.
    expect(await correctStoredTotals(database.db)).toBe(1);
    await writer.query('COMMIT');
    writer.release();
    expect(await readTotals(owner)).toEqual(await countRows(owner));
    expect((await readTotals(owner)).stored).toBe(11_107);
    expect(await correctStoredTotals(database.db)).toBe(0);
    expect(await storedByAll(database.db)).toBeGreaterThanOrEqual(10_107);
  });

  it('require at most one write for a statement that changes 1,000 objects', async () => {
    const owner = await account('many');
    const writes = async () => {
      await database.flushStatistics();
      const { rows } = await database.pg.query<{ writes: number }>(
        `SELECT (n_tup_ins + n_tup_upd)::int AS writes FROM pg_stat_user_tables WHERE relname = 'account_storage'`,
      );
      return rows[0]!.writes;
    };
    const before = await writes();
    await database.pg.query(
      `INSERT INTO objects (id, account_id, key, kind, content_type, size, state)
       SELECT gen_random_uuid(), $1, 'many/' || n, 'output', 'video/mp4', 1, 'live' FROM generate_series(1, 1000) AS n`,
      [owner],
    );
    await database.pg.query(`UPDATE objects SET state = 'deleting' WHERE account_id = $1`, [owner]);
    await database.pg.query(`UPDATE objects SET state = 'deleted' WHERE account_id = $1`, [owner]);
    // The change from live to deleting writes nothing, because objects in both states count.
    expect((await writes()) - before).toBe(2);
    expect(await readStoredBytes(database.db, owner)).toBe(0);
  });

  it('let every quota check skip the rows of stored objects and uploads', async () => {
    const id = await account('large');
    const owner = await database.db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    await database.pg.query(
      `WITH made AS (INSERT INTO objects (id, account_id, key, kind, content_type, size, state)
         SELECT gen_random_uuid(), $1, 'large/' || n, 'upload', 'video/mp4', 1, 'live' FROM generate_series(1, 5000) AS n
         RETURNING id)
       INSERT INTO uploads (id, account_id, object_id, staging_key, name_fingerprint, declared_type, declared_size, state,
         url_expires_at)
       SELECT id, $1, id, id, sha256(id::text::bytea), 'video/mp4', 1, 'confirmed', now() FROM made`,
      [id],
    );
    await database.pg.query('VACUUM ANALYZE objects, uploads, account_storage');
    const space = { spareBytes: 1e9, spareFiles: 1e6, stagedBytes: 0 } as StoreSpace;
    const read = await database.db.transaction().execute(async (tx) => {
      const before = await rowsRead(tx);
      await requireUploadCapacity(tx, owner, 1, space);
      await requireJobCapacity(tx, owner, space, { jobs: 1, stores: true });
      await requireOutputQuota(tx, id, 1);
      expect(await readAccountAndBytes(tx, id)).toMatchObject({ stored: 5000 });
      expect(await countUploads(tx, id, 'confirmed')).toBe(5000);
      return (await rowsRead(tx)) - before;
    });
    expect(read).toBeLessThan(100);
  });

  it('require a new measurement of the disk if an earlier measurement leaves too little space', async () => {
    const id = await account('nearly-full');
    const owner = { ...(await readAccountAndBytes(database.db, id))!.account, max_stored_bytes: 1e12 };
    const gib = 2 ** 30;
    const disk = { freeBytes: 5 * gib, reserveBytes: 0, spareBytes: 5 * gib, spareFiles: 1000, stagedBytes: 0 };
    const require = (bytes: number, isEarlier: boolean) =>
      database.db.transaction().execute((tx) => requireUploadCapacity(tx, owner, bytes, { ...disk, isEarlier }));
    await require(1, true);
    await require(2 * gib, false);
    await expect(require(2 * gib, true)).rejects.toThrow(SpaceNearlyFull);
    await expect(require(6 * gib, true)).rejects.toThrow(SpaceNearlyFull);
    await expect(require(6 * gib, false)).rejects.toMatchObject({ code: 'storage_full' });
  });

  it('allow several connections to delete objects of one account at the same time', async () => {
    const owner = await account('concurrent');
    const objects = Array.from({ length: 2 }, () => randomUUID());
    for (const id of objects) await database.pg.query(...insertObject(id, owner, 'live'));
    const clients = await differentShards();
    for (const [index, client] of clients.entries()) {
      await client.query('BEGIN');
      // If both wrote to the same row, the second transaction would wait for the first, which commits only later.
      await client.query(`UPDATE objects SET state = 'deleted' WHERE id = $1`, [objects[index]]);
    }
    for (const client of clients) {
      await client.query('COMMIT');
      client.release();
    }
    expect(await readStoredBytes(database.db, owner)).toBe(0);
  });
});

/** Returns the number of rows and index entries of objects and uploads that this transaction has read. */
async function rowsRead(tx: Tx): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    SELECT (SELECT sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname IN ('objects', 'uploads'))::int +
      (SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))
        FROM pg_stat_user_indexes WHERE relname IN ('objects', 'uploads'))::int AS read`.execute(tx);
  return rows[0]!.read;
}

/** Returns two connections that add to different rows of an account. */
async function differentShards(): Promise<pg.PoolClient[]> {
  const shards = new Map<number, pg.PoolClient>();
  const spare: pg.PoolClient[] = [];
  while (shards.size < 2) {
    const client = await database.pg.connect();
    const { rows } = await client.query('SELECT pg_backend_pid() % 16 AS shard');
    if (shards.has(rows[0].shard)) spare.push(client);
    else shards.set(rows[0].shard, client);
  }
  for (const client of spare) client.release();
  return [...shards.values()];
}

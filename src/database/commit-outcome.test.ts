import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { openDatabaseProxy } from '../../test/helpers/tcp-proxy.ts';
import { until } from '../../testkit/until.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { committedOf, markChange } from './commit-outcome.ts';
import { type Db, openPool, type Tx } from './pool.ts';

const LOST = new Error('Connection terminated unexpectedly');

describe('the outcome of a COMMIT whose response was lost', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
    await database.pg.query('CREATE TABLE things (id uuid PRIMARY KEY)');
  });
  afterAll(() => database?.drop());

  const insert = async (tx: Tx, id: string) => {
    await Promise.all([markChange(tx, id), sql`INSERT INTO things VALUES (${id})`.execute(tx)]);
  };
  const find = async (db: Db, ids: readonly string[]) => {
    const { rows } = await sql<{ id: string }>`SELECT id FROM things WHERE id = ANY(${[...ids]}::uuid[])`.execute(db);
    return rows.map(({ id }) => id);
  };
  const waitsForLock = async () => {
    const { rows } = await database.pg.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    return rows.length > 0;
  };

  it('contains the rows that were committed', async () => {
    const [made, missing] = [uuidv7(), uuidv7()];
    await database.db.transaction().execute((tx) => insert(tx, made));
    expect(await committedOf(database.db, LOST, [made, missing], find)).toEqual(new Set([made]));
  });

  it.each([true, false])('is known only when the server has ended the transaction: committed %s', async (commits) => {
    const id = uuidv7();
    let outcome: ReturnType<typeof committedOf> | undefined;
    const open = database.db.transaction().execute(async (tx) => {
      await insert(tx, id);
      outcome = committedOf(database.db, LOST, [id], find);
      await until(waitsForLock, { what: 'a lookup that waits' });
      if (!commits) throw new Error('rolled back');
    });
    await open.catch(() => {});
    expect(await outcome).toEqual(new Set(commits ? [id] : []));
  });

  it('is unknown while the transaction is open for longer than the lookup lasts', async () => {
    const id = uuidv7();
    await database.db.transaction().execute(async (tx) => {
      await insert(tx, id);
      expect(await committedOf(database.db, LOST, [id], find, 0)).toBeNull();
    });
  });

  it('is looked up again until the database is reachable, and unknown if the database stays unreachable', async () => {
    const id = uuidv7();
    await database.db.transaction().execute((tx) => insert(tx, id));
    const proxy = await openDatabaseProxy(database.url);
    const pool = openPool(proxy.url, { max: 1, role: 'test', onError: () => {} });
    try {
      await proxy.cut();
      expect(await committedOf(pool.db, LOST, [id], find, 0)).toBeNull();
      const outcome = committedOf(pool.db, LOST, [id], find);
      await proxy.restore();
      expect(await outcome).toEqual(new Set([id]));
    } finally {
      await pool.close();
      await proxy.cut();
    }
  });

  it('contains no rows if the server rejected the transaction, without a lookup', async () => {
    const never = async () => {
      throw new Error('looked up');
    };
    const rejected = Object.assign(new Error('duplicate key'), { code: '23505' });
    expect(await committedOf(database.db, rejected, [uuidv7()], never)).toEqual(new Set());
  });
});

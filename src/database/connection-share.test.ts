import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { until } from '../../testkit/until.ts';
import { forAccount, forAllAccounts } from './connection-share.ts';
import { type Db, openPool, type Pool } from './pool.ts';
import { inAccountTransaction } from './transaction-retry.ts';

const CONNECTIONS = 6;
const LOCK = 7;

describe('the connections of a pool', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await makeDatabase();
    pool = openPool(database.url, { max: CONNECTIONS, role: 'share-test', onError: () => {} });
  });
  afterAll(async () => {
    await pool?.close();
    await database?.drop();
  });

  const wait = (db: Db) => sql`SELECT pg_advisory_lock_shared(${LOCK}), pg_advisory_unlock_shared(${LOCK})`.execute(db);
  const answer = async () => (await sql<{ one: number }>`SELECT 1 AS one`.execute(pool.db)).rows[0]!.one;
  const waiters = async () => {
    const { rows } = await database.pg.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'airlock-share-test' AND wait_event = 'advisory'`,
    );
    return rows[0]!.count;
  };

  /** Runs `work` while every query that calls `wait` is blocked. */
  async function whileLocked(work: () => Promise<void>): Promise<void> {
    const holder = await database.pg.connect();
    try {
      await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
      await work();
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [LOCK]);
      holder.release();
    }
  }

  it('serve one account with at most a third of their number, and other accounts at the same time', async () => {
    let waiting: Promise<unknown>[] = [];
    await whileLocked(async () => {
      const queries = Array.from({ length: 5 }, () => forAccount('greedy', () => wait(pool.db)));
      const transactions = Array.from({ length: 5 }, () =>
        forAccount('greedy', () => pool.db.transaction().execute(wait)),
      );
      waiting = [...queries, ...transactions];
      await until(async () => (await waiters()) === CONNECTIONS / 3, { what: 'the share of the account' });
      expect(await forAccount('other', answer)).toBe(1);
      expect(await answer()).toBe(1);
      // The queries of the first account are still blocked, and their number has not grown.
      expect(await waiters()).toBe(CONNECTIONS / 3);
      expect(await forAccount('greedy', () => forAllAccounts(answer))).toBe(1);
    });
    await Promise.all(waiting);
    expect(await forAccount('greedy', answer)).toBe(1);
  });

  it('serve an account again after its queries failed', async () => {
    const fail = () => forAccount('failing', () => sql`SELECT 1 / 0`.execute(pool.db));
    for (let time = 0; time < CONNECTIONS; time++) await expect(fail()).rejects.toMatchObject({ code: '22012' });
    expect(await forAccount('failing', answer)).toBe(1);
  });

  it('serve one transaction at a time if several transactions lock the row of the same account', async () => {
    const order: number[] = [];
    let done: Promise<unknown>[] = [];
    await whileLocked(async () => {
      const lockOne = (index: number) =>
        inAccountTransaction(pool.db, 'locked', async (tx) => {
          await wait(tx);
          order.push(index);
        });
      done = [0, 1, 2, 3].map((index) => forAccount('locked', () => lockOne(index)));
      await until(async () => (await waiters()) === 1, { what: 'the first transaction' });
      // A request of the same account that needs no lock gets a connection of its share.
      expect(await forAccount('locked', answer)).toBe(1);
      expect(await waiters()).toBe(1);
    });
    await Promise.all(done);
    expect(order).toEqual([0, 1, 2, 3]);
  });
});

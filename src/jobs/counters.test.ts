import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { ensureAccount } from '../accounts/accounts.ts';

const STATUSES = ['pending', 'processing', 'completed', 'failed', 'canceled'];
const KINDS = ['transcode', 'inspection', 'a kind of a newer release'];
const CLASSES = ['interactive', 'light', 'heavy'];

describe('the counters of an account’s jobs', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database?.drop());

  /** Returns a random statement that inserts, changes or deletes a job. */
  function step(random: () => number, account: string, ids: string[]): [string, unknown[]] {
    const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)]!;
    const chance = random();
    if (ids.length === 0 || chance < 0.4) {
      ids.push(randomUUID());
      return [
        `INSERT INTO jobs (id, account_id, kind, resource_class, status, available_at, fetches, request_facts,
           retention_seconds) VALUES ($1, $2, $3, $4, $5, now() + random() * interval '1 h', false, '{}', 1)`,
        [ids.at(-1), account, one(KINDS), one(CLASSES), one(STATUSES)],
      ];
    }
    const id = one(ids);
    if (chance < 0.8) return ['UPDATE jobs SET status = $2 WHERE id = $1', [id, one(STATUSES)]];
    if (chance < 0.9) return ['UPDATE jobs SET available_at = now() WHERE id = $1', [id]];
    return ['DELETE FROM jobs WHERE id = $1', [id]];
  }

  it('equal a count of the rows after any changes to jobs in any transactions', async () => {
    const { id: account } = await database.db.transaction().execute((tx) => ensureAccount(tx, 'counted', 'cli'));
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const client = await database.pg.connect();
    const ids: string[] = [];
    for (let transaction = 0; transaction < 120; transaction++) {
      await client.query('BEGIN');
      for (let count = random() * 6; count > 0; count--) await client.query(...step(random, account, ids));
      await client.query(random() < 0.1 ? 'ROLLBACK' : 'COMMIT');
    }
    client.release();
    const counted = [
      `count(*) FILTER (WHERE status = 'processing' AND resource_class <> 'interactive')::int AS running`,
      `count(*) FILTER (WHERE status = 'processing' AND resource_class = 'heavy')::int AS running_heavy`,
      ...STATUSES.map((status) => `count(*) FILTER (WHERE status = '${status}' AND kind = 'transcode') AS ${status}`),
      ...CLASSES.flatMap((name) => {
        const waits = `FILTER (WHERE status = 'pending' AND resource_class = '${name}')`;
        return [`count(*) ${waits}::int AS waiting_${name}`, `min(available_at) ${waits} AS next_${name}`];
      }),
    ];
    const { rows: expected } = await database.pg.query(`SELECT ${counted.join()} FROM jobs WHERE account_id = $1`, [
      account,
    ]);
    const { rows: counts } = await database.pg.query(
      `SELECT kind, status, jobs FROM job_counts WHERE account_id = $1 AND jobs <> 0 ORDER BY kind, status`,
      [account],
    );
    const { rows: expectedCounts } = await database.pg.query(
      `SELECT kind, status, count(*) AS jobs FROM jobs WHERE account_id = $1 GROUP BY kind, status ORDER BY kind, status`,
      [account],
    );
    expect(counts).toEqual(expectedCounts);
    expect(new Set(counts.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const { rows: kept } = await database.pg.query('SELECT * FROM account_schedule WHERE account_id = $1', [account]);
    expect(kept[0]).toEqual({ account_id: account, heavy_at: expect.any(Date), ...expected[0] });
    expect(expected[0].completed + expected[0].waiting_light).toBeGreaterThan(10);
  });
});

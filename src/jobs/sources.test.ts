import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { until } from '../../testkit/until.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Tx } from '../database/pool.ts';
import { findSources, reserveSources } from './sources.ts';

const WAITS = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

describe('a source that was found before the transaction of its job', () => {
  let world: JobWorld;
  let account: Account;
  beforeAll(async () => {
    world = await makeJobWorld();
    account = await world.account();
  });
  afterAll(() => world?.close());

  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => world.database.db.transaction().execute(work);
  const find = (url: string) => findSources(world.context, world.database.db, { account, ownKeys: null }, [url]);
  const reserve = (url: string, found: Awaited<ReturnType<typeof find>>) =>
    inTransaction((tx) =>
      reserveSources(world.context, tx, { account, ownKeys: null }, [{ url, field: 'inputs[0].url' }], found),
    );
  const endOf = async (id: string) =>
    (await world.database.pg.query('SELECT delete_after FROM objects WHERE id = $1', [id])).rows[0].delete_after;

  it('is used as it was found, and its retention is extended', async () => {
    const { fileUrl, objectId } = await world.upload(account);
    await world.database.pg.query(`UPDATE objects SET delete_after = now() WHERE id = $1`, [objectId]);
    const found = await find(fileUrl);
    expect(await reserve(fileUrl, found)).toEqual(found);
    expect((await endOf(objectId)).getTime()).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it.each([
    ['upload', `UPDATE uploads SET state = 'deleted', name_sealed = NULL, probe = NULL WHERE id = $1`],
    ['object', `UPDATE objects SET state = 'deleting' WHERE id = (SELECT object_id FROM uploads WHERE id = $1)`],
  ])(
    'is rejected if its %s has been deleted since then, also by a transaction that commits while the job waits',
    async (_, erase) => {
      const eraser = await world.database.pg.connect();
      try {
        for (const waits of [false, true]) {
          const { id, fileUrl, objectId } = await world.upload(account);
          const found = await find(fileUrl);
          const before = await endOf(objectId);
          await eraser.query('BEGIN');
          await eraser.query(erase, [id]);
          if (!waits) await eraser.query('COMMIT');
          const reserved = reserve(fileUrl, found);
          reserved.catch(() => {});
          if (waits) {
            await until(async () => (await eraser.query(WAITS)).rowCount === 1, { what: 'the lock', everyMs: 5 });
            await eraser.query('COMMIT');
          }
          await expect(reserved).rejects.toMatchObject({ code: 'source_deleted' });
          expect(await endOf(objectId)).toEqual(before);
        }
      } finally {
        eraser.release();
      }
    },
  );
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { until } from '../../testkit/until.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Tx } from '../database/pool.ts';
import { cancelJob } from './cancel.ts';
import { expireJobs } from './expire.ts';
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

describe('an output as a source', () => {
  let world: JobWorld;
  let account: Account;
  beforeAll(async () => {
    world = await makeJobWorld();
    account = await world.account();
  });
  afterAll(() => world?.close());

  const find = (url: string, ownKeys: string[] | null = null) =>
    findSources(world.context, world.database.db, { account, ownKeys }, [url]);
  const query = (text: string, values: unknown[] = []) => world.database.pg.query(text, values);
  const bucket = () => world.context.store.bucket;

  /** Accepts a job with two videos and a picture, and stores the first two as a worker does. Returns the ids of their objects. */
  async function storeTwo(state: 'live' | 'pending' = 'live') {
    const outputs = [{ outputFormat: 'mp4' }, { outputFormat: 'webm', name: 'small' }, { outputFormat: 'jpg' }];
    const { id } = await world.accept(account, { outputs, outputFormat: undefined } as never);
    const claim = await world.mustClaim();
    const objects: string[] = [];
    for (const output of claim.outputs.slice(0, 2)) {
      const { rows } = await query(
        `INSERT INTO objects (id, account_id, key, kind, content_type, size, state, job_id)
         VALUES (gen_random_uuid(), $1, $2, 'output', 'video/mp4', 1, $3, $4) RETURNING id`,
        [account.id, `outputs/${output.id}`, state, id],
      );
      await query(`UPDATE job_outputs SET object_id = $1, status = 'completed' WHERE id = $2`, [rows[0].id, output.id]);
      objects.push(rows[0].id);
    }
    return { id, objects, url: (path: string) => `gs://${bucket()}/outputs/${id}${path}` };
  }

  it('is found by the URL that the API shows for each output, also while its job runs', async () => {
    const { id, objects } = await storeTwo();
    const { outputs } = await world.view(id);
    expect(outputs.map((output) => output.url)).toEqual([
      `gs://${bucket()}/outputs/${id}/mp4.mp4`,
      `gs://${bucket()}/outputs/${id}/small.webm`,
      null,
    ]);
    for (const index of [0, 1]) {
      expect(await find(outputs[index]!.url!)).toMatchObject([{ objectId: objects[index], uploadId: null }]);
    }
  });

  it('is found by the URL of the first output without a name', async () => {
    const { objects, url } = await storeTwo();
    expect(await find(url('.mp4'))).toMatchObject([{ objectId: objects[0] }]);
  });

  it('is rejected with the names of the completed outputs if its name is wrong, and not found by other keys', async () => {
    const { url } = await storeTwo();
    const reserve = (path: string, ownKeys: string[] | null = null) =>
      world.database.db
        .transaction()
        .execute((tx) =>
          reserveSources(world.context, tx, { account, ownKeys }, [{ url: url(path), field: 'inputs[0].url' }]),
        );
    const expected = { code: 'source_not_owned', details: { field: 'inputs[0].url' } };
    await expect(reserve('/smal.webm')).rejects.toMatchObject({
      ...expected,
      details: { reason: '"smal" is not a completed output of this job', near: 'small' },
    });
    await expect(reserve('/jpg.jpg')).rejects.toMatchObject({
      details: { remedy: 'Use a completed output: mp4, small' },
    });
    await expect(reserve('/smal.webm', ['00000000-0000-4000-8000-000000000000'])).rejects.toMatchObject({
      details: { reason: expect.stringContaining('is not a confirmed upload') },
    });
  });

  it('is not found before it is stored for good', async () => {
    const { url } = await storeTwo('pending');
    expect(await find(url('/small.webm'))).toMatchObject([{ code: 'source_not_owned' }]);
  });

  it('is rejected if it has been deleted since it was found, also by a transaction that commits while the job waits', async () => {
    const eraser = await world.database.pg.connect();
    try {
      for (const waits of [false, true]) {
        const { id, objects, url } = await storeTwo();
        await query(`UPDATE jobs SET status = 'completed', completed_at = now() WHERE id = $1`, [id]);
        await eraser.query('BEGIN');
        await eraser.query(`UPDATE objects SET state = 'deleting' WHERE id = $1`, [objects[0]]);
        const accept = world.accept.bind(world, account, { inputs: [{ url: url('.mp4') }] });
        const accepted = waits ? accept() : null;
        accepted?.catch(() => {});
        if (waits) await until(async () => (await query(WAITS)).rowCount === 1, { what: 'the lock', everyMs: 5 });
        await eraser.query('COMMIT');
        await expect(accepted ?? accept()).rejects.toMatchObject({ code: 'source_deleted' });
      }
    } finally {
      eraser.release();
    }
  });

  it('stays if its job is canceled while another open job reads it, until the retention of its job ends', async () => {
    const { id, objects, url } = await storeTwo();
    const reader = await world.accept(account, { inputs: [{ url: url('/small.webm') }] });
    await cancelJob(world.context, account.id, 'transcode', id);
    const states = async () =>
      (await query('SELECT state FROM objects WHERE id = ANY($1) ORDER BY state', [objects])).rows.map(
        ({ state }) => state,
      );
    expect(await states()).toEqual(['deleting', 'live']);
    await query(`UPDATE jobs SET expires_at = now() WHERE id = $1`, [id]);
    await query(`UPDATE jobs SET completed_at = now(), status = 'canceled' WHERE id = $1`, [reader.id]);
    await expireJobs(world.context);
    expect(await states()).toEqual(['deleting', 'deleting']);
  });

  it('stays if a job starts to read it while a sweep deletes its job', async () => {
    const { id, objects } = await storeTwo();
    await query(`UPDATE jobs SET status = 'failed', completed_at = now(), expires_at = now() WHERE id = $1`, [id]);
    const reader = await world.accept(account);
    const inserter = await world.database.pg.connect();
    try {
      await inserter.query('BEGIN');
      await inserter.query('SELECT FROM objects WHERE id = $1 FOR UPDATE', [objects[1]]);
      const swept = expireJobs(world.context);
      await until(async () => (await query(WAITS)).rowCount === 1, { what: 'the lock', everyMs: 5 });
      await inserter.query('UPDATE job_sources SET object_id = $1 WHERE job_id = $2', [objects[1], reader.id]);
      await inserter.query('COMMIT');
      await swept;
    } finally {
      inserter.release();
    }
    const { rows } = await query('SELECT state FROM objects WHERE id = $1', [objects[1]]);
    expect([rows[0].state, (await world.row(id)).erased_at]).toEqual(['live', null]);
    await query(`UPDATE jobs SET completed_at = now(), status = 'canceled' WHERE id = $1`, [reader.id]);
    await expireJobs(world.context);
    expect((await world.row(id)).erased_at).not.toBeNull();
  });
});

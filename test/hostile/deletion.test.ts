import { sql as raw } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRowGuard } from '../../src/database/row-guard.ts';
import { readStatistics } from '../../src/fleet/statistics.ts';
import { readStorage } from '../../src/fleet/storage-state.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import { reconcileStorage } from '../../src/jobs/reconcile.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { sweepRows } from '../../src/jobs/sweep-rows.ts';
import { stuckObjects } from '../../src/objects/deletion.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/store.ts';
import { sweepStaging } from '../../src/uploads/staging.ts';
import { type ForbiddingProxy, openForbiddingProxy } from '../../testkit/forbidding-proxy.ts';
import { BUCKET, CREDENTIAL, REGION } from '../conformance/embedded-gateway.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

/** Number of rows of each kind. It exceeds the size of a batch of every step. */
const MANY = 1_200;

/** A trigger that records how many rows each statement deletes. */
const COUNT_DELETED = `
  CREATE TABLE swept (relation text, rows bigint);
  CREATE FUNCTION count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO swept SELECT TG_TABLE_NAME, count(*) FROM removed; RETURN NULL; END $$;
  ${['events', 'jobs', 'objects', 'uploads']
    .map(
      (table) => `CREATE TRIGGER swept AFTER DELETE ON ${table} REFERENCING OLD TABLE AS removed
        FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();`,
    )
    .join('\n')}`;

describe('deletion', () => {
  let world: JobWorld;
  let proxy: ForbiddingProxy;
  let context: JobsContext;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  beforeAll(async () => {
    world = await makeJobWorld();
    proxy = await openForbiddingProxy(world.gateway.port);
    const location = { endpoint: proxy.endpoint, publicEndpoint: proxy.endpoint, bucket: BUCKET, region: REGION };
    context = { ...world.context, store: openEmbeddedStore({ ...location, credentials: CREDENTIAL }) };
  });
  beforeEach(async () => {
    // The clock of the guard is stopped, so a row that failed rests for good, regardless of how long the sweeps take.
    const ping = () => world.gateway.store.ping();
    context.rows = createRowGuard({ ping, onFailure: () => {}, now: () => 0 });
    world.context.rows = context.rows;
    account = await world.account();
  });
  afterEach(async () => {
    proxy.forbidden.clear();
    await sql('DROP TRIGGER IF EXISTS broken ON jobs; DROP TRIGGER IF EXISTS broken ON uploads');
    await sql('TRUNCATE jobs, uploads, objects CASCADE');
  });
  afterAll(async () => {
    await context?.store.close();
    await proxy?.close();
    await world?.close();
  });

  const sql = (text: string, ...values: unknown[]) => world.database.pg.query(text, values);
  const count = async (from: string) => Number((await sql(`SELECT count(*) FROM ${from}`)).rows[0].count);
  const exists = async (key: string) => (await world.context.store.head(key)) !== null;
  /** Makes every statement of this kind on the row fail. */
  const breakRow = (table: 'jobs' | 'uploads', id: string, when = 'UPDATE') =>
    sql(`CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
      CREATE TRIGGER broken BEFORE ${when} ON ${table} FOR EACH ROW WHEN (OLD.id = '${id}') EXECUTE FUNCTION broken()`);
  async function completed() {
    const job = await world.accept(account);
    const claim = await world.mustClaim();
    const output = await world.store(claim);
    await world.complete(claim, output.objectId);
    await sql(`UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = $1`, job.id);
    return { id: job.id, ...output };
  }

  it('deletion of an object delays no other object, is retried at growing intervals, and names the object if storage rejects the deletion', async () => {
    const stuck = await completed();
    proxy.forbidden.add(stuck.key);
    await sql(
      `INSERT INTO objects (id, account_id, key, kind, content_type, state)
       SELECT gen_random_uuid(), $1, 'outputs/many/' || number, 'output', 'video/mp4', 'deleting'
       FROM generate_series(1, $2::int) AS number`,
      ...[account.id, MANY],
    );
    const waits: number[] = [];
    for (const failures of [1, 2, 3]) {
      const report = await sweepExpired(context);
      if (failures === 1) expect(report.deletedObjects).toBe(MANY);
      expect(proxy.mostDeletions()).toBeGreaterThan(8);
      const { rows } = await sql(
        `SELECT deletion_failures, extract(epoch FROM deletion_due_at - now())::float8 AS seconds FROM objects WHERE id = $1`,
        stuck.objectId,
      );
      expect(rows[0].deletion_failures).toBe(failures);
      waits.push(rows[0].seconds);
      // The deletion is not due yet, so this sweep does not try it.
      await sweepExpired(context);
      await sql('UPDATE objects SET deletion_due_at = now() WHERE id = $1', stuck.objectId);
    }
    for (const [index, seconds] of [5, 10, 20].entries()) expect(seconds - waits[index]!).toBeLessThan(4);
    expect(await stuckObjects(context.db, 10)).toMatchObject([
      { id: stuck.objectId, key: stuck.key, job_id: stuck.id, deletion_failures: 3, deletion_error: 'AccessDenied' },
    ]);
    const { undeletable } = await readStorage(context);
    expect(undeletable).toMatchObject({ total: 1, objects: [{ key: stuck.key, failures: 3, error: 'AccessDenied' }] });
    expect(await readStatistics(context, context.kinds.keys())).toMatchObject({
      undeletable: 1,
      backlog: { jobs: 0, objects: 1 },
    });
    proxy.forbidden.clear();
    await sweepExpired(context);
    expect([await exists(stuck.key), await stuckObjects(context.db, 10)]).toEqual([false, []]);
  });

  it('deletion of a job by its owner fails while storage rejects it, and counts no failure of an object while storage is unreachable', async () => {
    const job = await completed();
    proxy.forbidden.add(job.key);
    const by = { actor: 'test', ip: null, requestId: null };
    await expect(eraseJob(context, account.id, 'transcode', job.id, by)).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    const unreachable = 'http://127.0.0.1:1';
    const store = openEmbeddedStore({
      ...{ endpoint: unreachable, publicEndpoint: unreachable, bucket: BUCKET, region: REGION },
      ...{ credentials: CREDENTIAL, retries: { waitsMs: [], withinMs: 1, connectMs: 100, silenceMs: 100 } },
    });
    await sql('UPDATE objects SET deletion_due_at = now() WHERE id = $1', job.objectId);
    const rows = createRowGuard({ ping: () => store.ping(), onFailure: () => {} });
    await expect(sweepExpired({ ...context, store, rows })).rejects.toMatchObject({ retry: true });
    await store.close();
    expect(rows.counts().failed.deletion).toBe(0);
    expect(await count(`objects WHERE id = '${job.objectId}' AND deletion_failures = 1`)).toBe(1);
  });

  it('deletion of expired jobs and uploads continues until nothing is due, and skips a job that fails each time', async () => {
    const bad = await completed();
    await sql(
      `INSERT INTO jobs (id, account_id, kind, resource_class, status, available_at, fetches, request_facts,
         retention_seconds, completed_at, expires_at)
       SELECT gen_random_uuid(), $1, 'stabilize', 'light', 'completed', now(), false, '{}', 60, now(), now() - interval '1 s'
       FROM generate_series(1, $2::int)`,
      ...[account.id, MANY],
    );
    await breakRow('jobs', bad.id);
    await sweepExpired(context);
    await sweepExpired(context);
    expect(await count('jobs WHERE erased_at IS NULL')).toBe(1);
    expect(context.rows.resting('retention')).toEqual([bad.id]);
    expect(await exists(bad.key)).toBe(true);
  });

  it('deletion of unconfirmed uploads skips an upload whose key storage does not empty', async () => {
    const [bad, good] = [await world.presign(account, 'bad.mp4'), await world.presign(account, 'good.mp4')];
    await sql(`UPDATE uploads SET created_at = now() - interval '61 min'`);
    proxy.forbidden.add(bad.stagingKey);
    expect(await sweepExpired(context)).toMatchObject({ expiredUploads: 1 });
    expect([await exists(bad.stagingKey), await exists(good.stagingKey)]).toEqual([true, false]);
    // The keys of uploads that have ended are closed permanently, 16 at a time, in as many batches as necessary.
    await sql(
      `INSERT INTO uploads (id, account_id, staging_key, name_fingerprint, declared_type, declared_size, state, url_expires_at)
       SELECT id, $1, 'uploads/many/' || id, decode(replace(id::text, '-', ''), 'hex'), 'video/mp4', 1, 'deleted', now()
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2::int)) AS made`,
      ...[account.id, MANY],
    );
    await sql(`UPDATE uploads SET state = 'deleted', staging_closed_at = NULL WHERE id = $1`, bad.id);
    await sweepStaging(context);
    expect(await count('uploads WHERE staging_closed_at IS NULL')).toBe(1);
    expect(context.rows.resting('staging')).toEqual([bad.id]);
  });

  it('deletion of old rows works in batches, scans no complete table, and skips a row that fails', async () => {
    await sql(
      `INSERT INTO jobs (id, account_id, kind, resource_class, status, available_at, fetches, request_facts,
         retention_seconds, completed_at, expires_at, erased_at)
       SELECT gen_random_uuid(), $1, 'transcode', 'light', 'completed', now(), false, '{}', 60, at, at, at
       FROM (SELECT now() - make_interval(days => CASE WHEN number <= 300 THEN 31 ELSE 1 END) AS at
         FROM generate_series(1, 5000) AS number) AS made`,
      account.id,
    );
    await sql(
      `INSERT INTO objects (id, account_id, key, kind, content_type, state, deleted_at)
       SELECT gen_random_uuid(), $1, 'old/' || number, 'output', 'video/mp4', 'deleted',
         now() - make_interval(days => CASE WHEN number <= 300 THEN 31 ELSE 1 END) FROM generate_series(1, 5000) AS number`,
      account.id,
    );
    await sql(
      `INSERT INTO uploads (id, account_id, staging_key, name_fingerprint, declared_type, declared_size, state, url_expires_at,
         created_at)
       SELECT id, $1, 'old/' || id, decode(replace(id::text, '-', ''), 'hex'), 'video/mp4', 1, 'deleted', now(), 
         now() - make_interval(days => CASE WHEN number <= 300 THEN 31 ELSE 1 END)
       FROM (SELECT gen_random_uuid() AS id, number FROM generate_series(1, 5000) AS number) AS made`,
      account.id,
    );
    await sql(
      `INSERT INTO events (account_id, type, data, created_at) SELECT $1, 'key.revoked', '{"v":1,"key_id":"x"}',
         now() - make_interval(days => CASE WHEN number <= 300 THEN 8 ELSE 1 END, secs => number) FROM generate_series(1, 5000) AS number`,
      account.id,
    );
    const bad = (await sql(`SELECT id FROM jobs ORDER BY completed_at LIMIT 1`)).rows[0].id;
    await breakRow('jobs', bad, 'DELETE');
    await sql(COUNT_DELETED);
    await sql('ANALYZE');
    await sweepRows(world.context);
    const { rows: most } = await sql('SELECT relation, max(rows)::int AS rows FROM swept GROUP BY relation ORDER BY 1');
    await sql('DROP TABLE swept; DROP FUNCTION count_deleted CASCADE');
    // One row of the first batch of jobs fails, so the jobs of this batch are deleted one by one.
    expect(most).toEqual([
      ...[
        { relation: 'events', rows: 200 },
        { relation: 'jobs', rows: 100 },
      ],
      ...[
        { relation: 'objects', rows: 200 },
        { relation: 'uploads', rows: 200 },
      ],
    ]);
    const left = await Promise.all(
      ['jobs', 'objects', 'uploads', `events WHERE account_id = '${account.id}'`].map(count),
    );
    expect(left).toEqual([4_701, 4_700, 4_700, 4_700]);
    expect(world.context.rows.resting('cleanup')).toEqual([bad]);
    await sql('ANALYZE');
    // The statistics of a single connection count the scans of each table.
    const scans = await world.database.db.transaction().execute(async (tx) => {
      const counted = async () => {
        const { rows } = await raw<{ relname: string; seq_scan: number }>`
          SELECT relname, seq_scan FROM pg_stat_xact_user_tables
          WHERE relname IN ('jobs', 'uploads', 'objects', 'events') ORDER BY relname`.execute(tx);
        return rows;
      };
      const before = await counted();
      await sweepRows({ ...world.context, db: tx });
      return { before, after: await counted() };
    });
    expect(scans.after).toEqual(scans.before);
  });

  it('deletion of keys without a row skips a key whose deletion storage rejects', async () => {
    const keys = ['outputs/unknown-1', 'outputs/unknown-2', 'outputs/unknown-3'];
    const { id, key } = await completed();
    // Deletes what other tests have left behind.
    await reconcileStorage(context, -60);
    for (const unknown of keys) await world.context.store.copy(key, unknown);
    proxy.forbidden.add(keys[0]!);
    await sql(`UPDATE jobs SET expires_at = now() + interval '1 h' WHERE id = $1`, id);
    expect(await reconcileStorage(context, -60)).toEqual({ unknownKeys: 2, lostObjects: 0 });
    expect(await Promise.all(keys.map(exists))).toEqual([true, false, false]);
    await world.context.store.delete(keys[0]!);
  });
});

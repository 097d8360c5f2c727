import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { downloadUrl } from '../../src/jobs/downloads.ts';
import { reconcileStorage } from '../../src/jobs/reconcile.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { sweepRows } from '../../src/jobs/sweep-rows.ts';
import { confirmUpload } from '../../src/kinds/inspection/confirm.ts';
import { sealedKey } from '../../src/storage/keys.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const NO_WAIT = { listen: () => async () => {}, maxMs: 0 };

describe('retention', () => {
  let world: JobWorld;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  beforeEach(async () => {
    account = await world.account();
  });
  afterAll(() => world?.close());

  const sql = (text: string, ...values: unknown[]) => world.database.pg.query(text, values);
  const exists = async (key: string) => (await world.context.store.head(key)) !== null;
  const due = (job: string) => sql(`UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = $1`, job);
  const unused = (object: string) =>
    sql(`UPDATE objects SET delete_after = now() - interval '1 s' WHERE id = $1`, object);
  const stateOf = async (table: 'objects' | 'uploads', id: string) =>
    (await sql(`SELECT state FROM ${table} WHERE id = $1`, id)).rows[0]?.state;

  async function completed(input?: string) {
    const job = await world.accept(account, input ? { inputs: [{ url: input }], metadata: { a: 1 } } : {});
    const claim = await world.mustClaim();
    const output = await world.store(claim);
    await world.complete(claim, output.objectId);
    return { id: job.id, ...output };
  }

  it('deletes the bytes and the names of a job, and keeps a row without them', async () => {
    const job = await completed();
    await sweepExpired(world.context);
    expect(await exists(job.key)).toBe(true);
    await due(job.id);
    expect(await sweepExpired(world.context)).toMatchObject({ expiredJobs: 1, deletedObjects: 1 });
    expect(await exists(job.key)).toBe(false);
    expect(await world.view(job.id)).toMatchObject({
      status: 'completed',
      output_url: null,
      inputs: [{ url: null }],
      metadata: { user: null },
      ffmpeg_options: { options: [], preset: null },
    });
    const { rows } = await sql(`SELECT * FROM jobs WHERE id = $1`, job.id);
    for (const [column, value] of Object.entries(rows[0])) if (column.endsWith('_sealed')) expect(value).toBeNull();
    await expect(downloadUrl(world.context, await world.row(job.id))).rejects.toMatchObject({ code: 'output_deleted' });
    expect(await sweepExpired(world.context)).toEqual({ expiredJobs: 0, expiredUploads: 0, deletedObjects: 0 });
  });

  it('runs one statement when nothing is due', async () => {
    await completed();
    await sweepExpired(world.context);
    let statements = 0;
    const db = world.database.db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        statements += 1;
        return result;
      },
    });
    await sweepExpired({ ...world.context, db });
    expect(statements).toBe(1);
  });

  it('does not apply to an inspection of an upload, which is erased when it ends', async () => {
    const { id } = await world.upload(account);
    const { rows } = await sql(
      'SELECT status, erased_reason, erased_at = completed_at AS at_once FROM jobs WHERE id = (SELECT inspection_id FROM uploads WHERE id = $1)',
      id,
    );
    expect(rows).toEqual([{ status: 'completed', erased_reason: 'retention', at_once: true }]);
    expect(await sweepExpired(world.context)).toMatchObject({ expiredJobs: 0 });
  });

  it('reports the deletion of a job once, with any number of concurrent sweeps', async () => {
    const jobs = [await completed(), await completed(), await completed()];
    for (const job of jobs) await due(job.id);
    await Promise.all(Array.from({ length: 4 }, () => sweepExpired(world.context)));
    for (const { id } of jobs) {
      expect((await world.events(id)).filter((type) => type === 'deleted')).toHaveLength(1);
    }
  });

  it('rejects a download as soon as the job has expired, before any sweep', async () => {
    const job = await completed();
    expect(await downloadUrl(world.context, await world.row(job.id))).toContain('X-Amz-Expires=600');
    await due(job.id);
    await expect(downloadUrl(world.context, await world.row(job.id))).rejects.toMatchObject({ code: 'output_deleted' });
  });

  it('keeps an upload while an open job needs it, and for the retention of the upload after that', async () => {
    const upload = await world.upload(account);
    const job = await world.accept(account, { inputs: [{ url: upload.fileUrl }] });
    await unused(upload.objectId);
    await sweepExpired(world.context);
    expect(await exists(upload.key)).toBe(true);
    const claim = await world.mustClaim();
    await sweepExpired(world.context);
    expect(await exists(upload.key)).toBe(true);
    await world.complete(claim, (await world.store(claim)).objectId);
    // The retention of the upload starts at the end of the job.
    await sweepExpired(world.context);
    expect(await exists(upload.key)).toBe(true);
    await unused(upload.objectId);
    await sweepExpired(world.context);
    expect(await exists(upload.key)).toBe(false);
    expect(await stateOf('uploads', upload.id)).toBe('deleted');
    const again = world.accept(account, { inputs: [{ url: upload.fileUrl }] });
    await expect(again).rejects.toMatchObject({ code: 'source_deleted' });
    expect(await world.row(job.id)).toMatchObject({ status: 'completed' });
  });

  it('keeps an output while an open job reads it', async () => {
    const made = await completed();
    const url = (await world.view(made.id)).output_url!;
    await world.accept(account, { inputs: [{ url }] });
    await due(made.id);
    await sweepExpired(world.context);
    expect(await exists(made.key)).toBe(true);
    const reader = await world.mustClaim();
    await world.complete(reader, (await world.store(reader)).objectId);
    await sweepExpired(world.context);
    expect(await exists(made.key)).toBe(false);
  });

  it('is not delayed by outputs that are still read', async () => {
    const [read, other] = [await completed(), await completed()];
    const url = (await world.view(read.id)).output_url!;
    await world.accept(account, { inputs: [{ url }] });
    for (const { id } of [read, other]) await due(id);
    expect(await sweepExpired(world.context)).toMatchObject({ expiredJobs: 1 });
    expect([await exists(read.key), await exists(other.key)]).toEqual([true, false]);
    await world.mustClaim();
  });

  it('deletes an upload that is not confirmed within an hour, but no newer upload', async () => {
    const [old, young] = [await world.presign(account, 'old.mp4'), await world.presign(account, 'young.mp4')];
    await sql(`UPDATE uploads SET created_at = now() - interval '61 min' WHERE id = $1`, old.id);
    await sql(`UPDATE uploads SET created_at = now() - interval '59 min' WHERE id = $1`, young.id);
    expect(await sweepExpired(world.context)).toMatchObject({ expiredUploads: 1 });
    expect([await exists(old.stagingKey), await exists(young.stagingKey)]).toEqual([false, true]);
    const { rows } = await sql('SELECT state, name_sealed FROM uploads WHERE id = $1', old.id);
    expect(rows).toEqual([{ state: 'deleted', name_sealed: null }]);
    const late = confirmUpload(world.context, account, { filename: old.filename, fileSize: 64 }, NO_WAIT);
    await expect(late).rejects.toMatchObject({ code: 'upload_not_found' });
  });

  it('completes deletions that a crash interrupted', async () => {
    const job = await completed();
    await sql(`UPDATE objects SET state = 'deleting' WHERE id = $1`, job.objectId);
    await sweepExpired(world.context);
    expect([await exists(job.key), await stateOf('objects', job.objectId)]).toEqual([false, 'deleted']);
  });

  it('does not delete an upload that a confirm is still inspecting', async () => {
    const sent = await world.presign(account);
    const confirm = () =>
      confirmUpload(world.context, account, { filename: sent.filename, fileSize: sent.bytes.length }, NO_WAIT);
    await expect(confirm()).rejects.toMatchObject({ code: 'unavailable' });
    const { rows } = await sql('SELECT object_id FROM uploads WHERE id = $1', sent.id);
    await unused(rows[0].object_id);
    await sweepExpired(world.context);
    expect(await stateOf('objects', rows[0].object_id)).toBe('pending');
  });

  it('deletes rows only when they are old and unused', async () => {
    const [young, old] = [await completed(), await completed()];
    for (const { id } of [young, old]) await due(id);
    await sweepExpired(world.context);
    await sql(`UPDATE jobs SET completed_at = now() - interval '31 d' WHERE id = $1`, old.id);
    await sql(`UPDATE objects SET deleted_at = now() - interval '31 d' WHERE id = $1`, old.objectId);
    await sql(`UPDATE events SET created_at = now() - interval '8 d' WHERE job_id = $1`, young.id);
    await sweepRows(world.context);
    expect((await sql('SELECT id FROM jobs WHERE id = ANY($1)', [young.id, old.id])).rows).toEqual([{ id: young.id }]);
    expect(await world.events(young.id)).toEqual([]);
    expect(await stateOf('objects', old.objectId)).toBeUndefined();
    expect(await stateOf('objects', young.objectId)).toBe('deleted');
  });
});

describe('reconciling storage and rows', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  it('deletes only keys without a row that are old enough', async () => {
    const account = await world.account();
    const waiting = await world.presign(account, 'waiting.mp4');
    const upload = await world.upload(account);
    const job = await world.accept(account);
    const claim = await world.mustClaim();
    const reserved = await world.store(claim);
    const stray = sealedKey(account.id, uuidv7());
    expect(await world.context.store.copy(upload.key, stray)).not.toBeNull();

    expect(await reconcileStorage(world.context)).toEqual({ unknownKeys: 0, lostObjects: 0 });
    // Simulates that an hour has passed. The clock of the storage determines the age of objects.
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 1, lostObjects: 0 });
    const keys: string[] = [];
    for await (const object of world.context.store.list('')) keys.push(object.key);
    expect(keys.sort()).toEqual([waiting.stagingKey, upload.key, reserved.key].sort());
    expect(await world.complete(claim, reserved.objectId)).toBe(true);
    expect(await world.row(job.id)).toMatchObject({ status: 'completed' });
  });

  it('marks rows without bytes as deleted, so that no client gets a link to them', async () => {
    const account = await world.account();
    const upload = await world.upload(account);
    const job = await world.accept(account);
    const claim = await world.mustClaim();
    const output = await world.store(claim);
    await world.complete(claim, output.objectId);
    for (const key of [upload.key, output.key]) await world.context.store.delete(key);

    expect(await reconcileStorage(world.context)).toEqual({ unknownKeys: 0, lostObjects: 0 });
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 0, lostObjects: 2 });
    expect(await world.view(job.id)).toMatchObject({ status: 'completed', output_url: null });
    await expect(downloadUrl(world.context, await world.row(job.id))).rejects.toMatchObject({ code: 'output_deleted' });
    const use = world.accept(account, { inputs: [{ url: upload.fileUrl }] });
    await expect(use).rejects.toMatchObject({ code: 'source_deleted' });
    expect(await world.events(job.id)).toContain('deleted');
    expect(await reconcileStorage(world.context, -60)).toEqual({ unknownKeys: 0, lostObjects: 0 });
  });

  it('rejects a storage that lists out of order, because a missing key then proves nothing', async () => {
    const upload = await world.upload(await world.account());
    const reversed = {
      ...world.context.store,
      async *list(prefix: string) {
        for await (const object of world.context.store.list(prefix)) yield* [object, { ...object, key: 'a' }];
      },
    };
    const attempt = reconcileStorage({ ...world.context, store: reversed }, -60);
    await expect(attempt).rejects.toThrow('does not list keys in the order of their bytes');
    expect(await world.context.store.head(upload.key)).not.toBeNull();
  });

  it('does not report objects as lost that are deleted on purpose during the listing', async () => {
    const upload = await world.upload(await world.account());
    const head = async (key: string) => {
      await world.database.pg.query(`UPDATE objects SET state = 'deleting' WHERE key = $1`, [key]);
      return null;
    };
    const store = { ...world.context.store, head, async *list() {} };
    expect(await reconcileStorage({ ...world.context, store }, -60)).toMatchObject({ lostObjects: 0 });
    const { rows } = await world.database.pg.query('SELECT state FROM objects WHERE key = $1', [upload.key]);
    expect(rows).toEqual([{ state: 'deleting' }]);
  });
});

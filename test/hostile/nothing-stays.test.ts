import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withIdempotencyKey } from '../../src/accounts/idempotency.ts';
import { markCleaned } from '../../src/jobs/attempts.ts';
import { downloadUrl } from '../../src/jobs/downloads.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import { readReceipt } from '../../src/jobs/receipt.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { StorageError } from '../../src/storage/types.ts';
import { presignUpload } from '../../src/uploads/presign.ts';
import { sweepStaging } from '../../src/uploads/staging.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const put = (url: string) =>
  fetch(url, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: Buffer.alloc(64) });
const staged = async ({ context }: JobWorld) => {
  const keys: string[] = [];
  for await (const { key } of context.store.list('uploads/')) keys.push(key);
  return keys;
};

const BY = { actor: 'test', ip: null, requestId: null };

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
const erase = (id: string) => eraseJob(world.context, account.id, 'transcode', id, BY);

describe('the stored response of an Idempotency-Key', () => {
  const ask = <T>(key: string, work: Parameters<typeof withIdempotencyKey<T>>[3], body: unknown = { ask: 1 }) =>
    world.database.db
      .transaction()
      .execute((tx) =>
        withIdempotencyKey(tx, world.context.vault, { accountId: account.id, route: 'test', key, body }, work),
      );
  const used = { code: 'idempotency_key_used', status: 409 };

  /** Submits a job as the API does. A repeated request must not create another job. */
  const askForJob = async (key: string) => {
    const { answer: response } = await ask(key, async () => {
      const job = await world.accept(account);
      return { status: 201, answer: await world.view(job.id), made: { job_id: job.id } };
    });
    return response;
  };
  const kept = async (key: string) => {
    const { rows } = await sql(
      'SELECT request_print, answer_sealed FROM idempotency_keys WHERE account_id = $1 AND key = $2',
      account.id,
      world.context.vault.fingerprint(key).toString('hex'),
    );
    return rows[0];
  };

  it('is erased with its job, and the key creates no second job', async () => {
    const job = await askForJob('k');
    expect(await askForJob('k')).toEqual(job);
    await erase(job.id);
    expect(await kept('k')).toEqual({ request_print: null, answer_sealed: null });
    await expect(askForJob('k')).rejects.toMatchObject(used);
    // The response reveals nothing about the erased request, not even whether this request is the same.
    await expect(ask('k', askForNothing, { ask: 2 })).rejects.toMatchObject(used);
    const { rows } = await sql('SELECT count(*)::int AS jobs FROM jobs WHERE account_id = $1', account.id);
    expect(rows[0].jobs).toBe(1);
  });

  it('is erased when the retention of its job ends', async () => {
    const job = await askForJob('k');
    const claim = await world.mustClaim();
    await world.complete(claim, (await world.store(claim)).objectId);
    await sql(`UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = $1`, job.id);
    await sweepExpired(world.context);
    await expect(askForJob('k')).rejects.toMatchObject(used);
  });

  it('the stored response of an Idempotency-Key with a signed upload URL is erased when the upload is never confirmed, or is erased with its job', async () => {
    const body = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: 64 } as const;
    const askForUrl = (key: string) =>
      ask(key, async () => {
        const { id, answer: response } = await world.database.db
          .transaction()
          .execute((tx) => presignUpload(world.context, tx, account, body, null));
        return { status: 200, answer: response, made: { upload_id: id } };
      });
    const { answer: response } = await askForUrl('late');
    expect((await askForUrl('late')).answer).toEqual(response);
    await sql(`UPDATE uploads SET created_at = now() - interval '2 h' WHERE account_id = $1`, account.id);
    await sweepExpired(world.context);
    await expect(askForUrl('late')).rejects.toMatchObject(used);

    const upload = await world.upload(account);
    await ask('used', async () => ({ status: 200, answer: {}, made: { upload_id: upload.id } }));
    const job = await world.accept(account, { inputs: [{ url: upload.fileUrl }] });
    await erase(job.id);
    expect(await kept('used')).toEqual({ request_print: null, answer_sealed: null });
  });

  const askForNothing = () => Promise.reject(new Error('a repeated request must not run the work'));
});

describe('a signed upload URL that has not expired', () => {
  const receiptOf = (id: string) => world.row(id).then((job) => readReceipt(world.context, job));
  it('accepts no PUT once the upload is confirmed', async () => {
    const upload = await world.upload(account);
    const replay = await put(upload.uploadUrl);
    expect(replay.status).toBe(403);
    expect(await replay.text()).toContain('<Code>AccessDenied</Code>');
    expect(await staged(world)).toEqual([]);
  });

  it('accepts no PUT once its job is erased: the receipt is complete, and output links stop working', async () => {
    const upload = await world.upload(account);
    const job = await world.accept(account, { inputs: [{ url: upload.fileUrl }] });
    const claim = await world.mustClaim();
    await world.complete(claim, (await world.store(claim)).objectId);
    await markCleaned(world.database.db, [claim.attemptId]);
    const link = await downloadUrl(world.context, await world.row(job.id));
    expect((await fetch(link)).status).toBe(200);
    await erase(job.id);
    expect((await fetch(link)).status).toBe(404);
    expect((await put(upload.uploadUrl)).status).toBe(403);
    expect(await staged(world)).toEqual([]);
    expect(await receiptOf(job.id)).toMatchObject({
      complete: true,
      complete_at: null,
      upload_urls: [{ upload_id: upload.id, closed_at: expect.any(String), late_puts: 0, holds_bytes: false }],
    });
  });

  it('is closed by the next sweep when the storage was unavailable during the erasure', async () => {
    const upload = await world.upload(account);
    await sql('UPDATE uploads SET staging_closed_at = NULL WHERE id = $1', upload.id);
    const job = await world.accept(account, { inputs: [{ url: upload.fileUrl }] });
    const unreachable: JobsContext = {
      ...world.context,
      store: {
        ...world.context.store,
        capabilities: async () => ({
          closeKey: () => Promise.reject(new StorageError('the storage is unreachable', { retry: true })),
        }),
      },
    };
    await expect(eraseJob(unreachable, account.id, 'transcode', job.id, BY)).rejects.toThrow('unreachable');
    expect(await receiptOf(job.id)).toMatchObject({ complete: false });
    await sweepStaging(world.context);
    expect(await receiptOf(job.id)).toMatchObject({ complete: true });
  });
});

describe('a signed upload URL of a storage that cannot revoke it', () => {
  let plain: JobWorld;
  let owner: typeof account;
  beforeAll(async () => {
    plain = await makeJobWorld();
    plain.context.store = { ...plain.context.store, capabilities: async () => ({}) };
    owner = await plain.account();
  });
  afterAll(() => plain?.close());

  const receiptOf = (id: string) => plain.row(id).then((job) => readReceipt(plain.context, job));
  const dieAgo = (id: string, seconds: number) =>
    plain.database.pg.query(
      'UPDATE uploads SET url_expires_at = now() - make_interval(secs => $2), declared_size = 64 WHERE id = $1',
      [id, seconds],
    );

  it('keeps the receipt incomplete until it has expired and late bytes are deleted', async () => {
    const upload = await plain.upload(owner);
    const job = await plain.accept(owner, { inputs: [{ url: upload.fileUrl }] });
    await eraseJob(plain.context, owner.id, 'transcode', job.id, BY);
    const early = await receiptOf(job.id);
    expect(early).toMatchObject({ complete: false, upload_urls: [{ upload_id: upload.id, closed_at: null }] });
    expect(Date.parse(early.complete_at!)).toBeGreaterThan(Date.now() + 15 * 60_000);

    expect((await put(upload.uploadUrl)).status).toBe(200);
    expect(await receiptOf(job.id)).toMatchObject({ complete: false, upload_urls: [{ holds_bytes: true }] });
    expect(await sweepStaging(plain.context)).toBe(1);
    expect(await staged(plain)).toEqual([]);
    expect(await receiptOf(job.id)).toMatchObject({ complete: false, upload_urls: [{ late_puts: 1 }] });

    // A PUT that started in the last second of the URL may still be running, so the receipt stays incomplete for some minutes.
    await dieAgo(upload.id, 240);
    expect(await sweepStaging(plain.context)).toBe(0);
    expect(await receiptOf(job.id)).toMatchObject({ complete: false });
    await dieAgo(upload.id, 360);
    expect((await put(upload.uploadUrl)).status).toBe(200);
    expect(await sweepStaging(plain.context)).toBe(1);
    expect(await receiptOf(job.id)).toMatchObject({
      complete: true,
      complete_at: null,
      upload_urls: [{ closed_at: expect.any(String), late_puts: 2, holds_bytes: false }],
    });
    // The receipt depends on the bytes in storage, regardless of the rows in the database.
    expect((await put(upload.uploadUrl)).status).toBe(200);
    expect(await receiptOf(job.id)).toMatchObject({ complete: false, upload_urls: [{ holds_bytes: true }] });
    for (const key of await staged(plain)) await plain.context.store.delete(key);
  });

  it('has its late bytes deleted by a sweep after the confirm, but not before the confirm', async () => {
    const waiting = await plain.presign(owner);
    const upload = await plain.upload(owner);
    expect((await put(upload.uploadUrl)).status).toBe(200);
    expect(await sweepStaging(plain.context)).toBe(1);
    expect(await staged(plain)).toEqual([waiting.stagingKey]);
  });
});

describe('database columns', () => {
  it('database columns that can contain text are sealed, or listed in the security model with their content', async () => {
    const page = await readFile('docs/security-model/accounts.md', 'utf8');
    const listed = new Set<string>();
    for (const [, tables, columns] of page.matchAll(/^\| (`[a-z_`, ]+) \| (`[a-z_0-9`, ]+) \|/gm)) {
      for (const [table] of tables!.matchAll(/[a-z_]+/g))
        for (const [column] of columns!.matchAll(/[a-z_0-9]+/g)) listed.add(`${table}.${column}`);
    }
    const { rows } = await sql(`
      SELECT table_name || '.' || column_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY')
        AND table_name NOT LIKE 'schema_migrations%' AND column_name NOT LIKE '%\\_sealed'`);
    const unlisted = rows.map(({ name }) => name).filter((name) => !listed.has(name));
    const advice = 'seal them (src/database/sealed-columns.ts), or list them under "Stored data"';
    expect(unlisted, advice).toEqual([]);
  });
});

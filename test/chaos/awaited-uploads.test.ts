import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Account } from '../../src/accounts/accounts.ts';
import { confirmForAttempt, confirmSealed, sealedUpload } from '../../src/attempt/sources/sealed-upload.ts';
import type { Job } from '../../src/contract/transcodes.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { RELEASE_CAPABILITIES } from '../../src/jobs/capabilities.ts';
import { checkUploads, checkUploadsOf, dueChecks } from '../../src/jobs/check-uploads.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { failAttempt, releaseJob } from '../../src/jobs/finish.ts';
import { recoverLost } from '../../src/jobs/recover.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { waitForUpload } from '../../src/jobs/wait-for-upload.ts';
import { confirmUpload } from '../../src/kinds/inspection/confirm.ts';
import { sweepStaging } from '../../src/uploads/staging.ts';
import { putBytes } from '../../testkit/put-bytes.ts';
import { until } from '../../testkit/until.ts';
import { acceptInspection, claimInspection, rejectInspection } from '../helpers/inspections.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const FOUND = {
  contentType: 'video/mp4',
  inspection: {
    summary: {
      ...{ duration_seconds: 10, format: 'mp4', size_bytes: 64, video_codec: 'h264', audio_codec: null },
      ...{ width: 320, height: 180, fps: 25 },
    },
    info: null,
  },
};
const BY = { actor: 'key:test' };

describe('a job that awaits its upload', () => {
  let world: JobWorld;
  let account: Account;
  beforeAll(async () => {
    world = await makeJobWorld();
    account = await world.account();
  });
  afterAll(() => world?.close());

  const size = 64;
  const create = (files = 1, owner = account): Promise<Job> =>
    world.acceptShown(owner, {
      inputs: Array.from({ length: files }, (_, index) => ({
        upload: { filename: `clip-${index}.mp4`, contentType: 'video/mp4' as const, fileSize: size },
      })),
    });
  const targetOf = (job: Job, position = 0) => {
    const target = job.inputs[position]!.upload;
    if (!target || !('url' in target)) throw new Error('the job awaits no upload with one PUT');
    return target;
  };
  const put = async (job: Job, position = 0, bytes = randomBytes(size)) => {
    const { url, headers, method } = targetOf(job, position);
    return (await fetch(url, { method, headers, body: bytes }).catch(() => null))?.status ?? 'broken';
  };
  const uploadsOf = (job: Job) =>
    world.database.db.selectFrom('uploads').selectAll().where('job_id', '=', job.id).orderBy('id').execute();
  const claim = () =>
    claimJob(world.context, 'light', { worker: { id: uuidv7(), tier: 'bwrap', capabilities: RELEASE_CAPABILITIES } });
  const look = (job: Job) => checkUploadsOf(world.context, job.id);
  const confirm = (job: Job, maxMs = 0) =>
    confirmUpload(
      world.context,
      account,
      { filename: targetOf(job).filename, fileSize: size },
      { listen: () => () => new Promise((resolve) => setTimeout(resolve, 10)), maxMs },
    );
  const statusOf = async (job: Job) => {
    const { status, waiting_for, error_code } = await world.view(job.id);
    return { status, waiting_for, error_code };
  };
  const pass = (job: Job, seconds: number) =>
    world.database.pg.query(
      `UPDATE uploads SET url_expires_at = url_expires_at - make_interval(secs => $2),
         created_at = created_at - make_interval(secs => $2), check_at = now() WHERE job_id = $1`,
      [job.id, seconds],
    );
  const FAILED_MISSING = { status: 'failed', waiting_for: null, error_code: 'upload_missing' };
  const PENDING = { status: 'pending', waiting_for: null, error_code: null };

  it('is pending, has no position, and is not claimed before the bytes have arrived', async () => {
    const job = await create();
    expect(job).toMatchObject({ status: 'pending', waiting_for: 'upload', queue_position: null });
    expect(await look(job)).toBe(true);
    expect(await claim()).toBeNull();
    expect(await put(job)).toBe(200);
    await look(job);
    expect(await statusOf(job)).toEqual(PENDING);
    const claimed = (await claim())!;
    expect(claimed.job.id).toBe(job.id);
    const [upload] = await uploadsOf(job);
    expect(upload).toMatchObject({
      state: 'confirming',
      object_id: claimed.inputs[0]!.object_id,
      inspection_id: job.id,
    });
    expect(await put(job)).not.toBe(200);
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('is released once if several processes check and confirm concurrently', async () => {
    const job = await create();
    await put(job);
    const looks = Array.from({ length: 5 }, () => look(job));
    await Promise.allSettled([...looks, confirm(job), confirm(job)]);
    const [upload] = await uploadsOf(job);
    expect(upload!.state).toBe('confirming');
    const inspection = await claimInspection(world.context);
    if (inspection) await acceptInspection(world.context, inspection, FOUND);
    expect((await claim())?.job.id).toBe(job.id);
    expect(await claim()).toBeNull();
    expect(await claimInspection(world.context)).toBeNull();
    await cancelJob(world.context, account.id, 'transcode', job.id);
    const kept = world.database.db.selectFrom('objects').select('id').where('account_id', '=', account.id);
    expect(await kept.where('state', 'in', ['pending', 'live']).where('id', '!=', upload!.object_id).execute()).toEqual(
      [],
    );
  });

  it('starts when all of its uploads have arrived', async () => {
    const job = await create(2);
    await put(job, 0);
    await look(job);
    expect(await claim()).toBeNull();
    await put(job, 1);
    await look(job);
    const claimed = (await claim())!;
    expect(claimed.inputs.every(({ object_id }) => object_id)).toBe(true);
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('is released once if both of its uploads arrive at the same time', async () => {
    const job = await create(2);
    await Promise.all([put(job, 0), put(job, 1)]);
    await Promise.all(Array.from({ length: 4 }, () => look(job)));
    const claimed = (await claim())!;
    expect(claimed.job.id).toBe(job.id);
    expect(claimed.inputs.every(({ object_id }) => object_id)).toBe(true);
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('occupies at most one row while waiting clients check for an upload that has not arrived', async () => {
    const owner = await world.account();
    const job = await create(1, owner);
    for (let looks = 0; looks < 3; looks += 1) await look(job);
    const objects = world.database.db.selectFrom('objects').select('state').where('account_id', '=', owner.id);
    expect(await objects.execute()).toEqual([{ state: 'deleted' }]);
    await cancelJob(world.context, owner.id, 'transcode', job.id);
  });

  it('gets the bytes that were sent last before the check, and no later bytes', async () => {
    const job = await create();
    const last = randomBytes(size);
    expect(await put(job)).toBe(200);
    expect(await put(job, 0, last)).toBe(200);
    await look(job);
    const [upload] = await uploadsOf(job);
    const sealed = await sealedUpload(world.context.db, upload!.id, upload!.object_id!);
    expect(await put(job)).not.toBe(200);
    const stored = await world.context.store.get(sealed!.key);
    expect(Buffer.concat(await stored!.toArray())).toEqual(last);
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('gets the complete bytes of one of two concurrent PUTs', async () => {
    const job = await create();
    const bodies = [Buffer.alloc(size, 'a'), Buffer.alloc(size, 'b')];
    await Promise.all(bodies.map((bytes) => put(job, 0, bytes)));
    await look(job);
    const [upload] = await uploadsOf(job);
    const sealed = await sealedUpload(world.context.db, upload!.id, upload!.object_id!);
    const stored = Buffer.concat(await (await world.context.store.get(sealed!.key))!.toArray());
    expect(bodies.some((bytes) => bytes.equals(stored))).toBe(true);
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('continues to wait when fewer or more bytes arrive than were declared', async () => {
    const job = await create();
    expect(await put(job, 0, randomBytes(size + 1))).not.toBe(200);
    expect(await put(job, 0, randomBytes(size - 1))).not.toBe(200);
    await look(job);
    expect(await statusOf(job)).toMatchObject({ waiting_for: 'upload' });
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('fails with upload_missing when its upload has expired, and the URL of the upload then accepts no bytes', async () => {
    const job = await create();
    await pass(job, 24 * 3600);
    await checkUploads(world.context);
    expect(await statusOf(job)).toEqual(FAILED_MISSING);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'deleted', name_sealed: null, check_at: null }]);
    expect(await world.events(job.id)).toEqual(['queued', 'failed']);
    await sweepStaging(world.context);
    expect(await put(job)).not.toBe(200);
    await checkUploads(world.context);
    expect(await world.events(job.id)).toEqual(['queued', 'failed']);
  });

  it('runs if the bytes arrived in time, even if no process checked before the time was over', async () => {
    const job = await create();
    await put(job);
    await pass(job, 24 * 3600);
    await checkUploads(world.context);
    expect(await statusOf(job)).toEqual(PENDING);
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('protects its upload from sweeps of unconfirmed uploads', async () => {
    const job = await create();
    await world.database.pg.query(
      `UPDATE uploads SET created_at = now() - interval '2 hours', check_at = now() + interval '1 h' WHERE job_id = $1`,
      [job.id],
    );
    await sweepExpired(world.context);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'pending' }]);
    // A release that does not know jobs with an upload would sweep the upload like this.
    await world.database.pg.query(`UPDATE uploads SET state = 'deleted', check_at = now() WHERE job_id = $1`, [job.id]);
    await checkUploads(world.context);
    expect(await statusOf(job)).toEqual(FAILED_MISSING);
  });

  it.each(['canceled', 'erased'] as const)(
    'leaves no upload behind when it is %s before the bytes arrive',
    async (how) => {
      const job = await create();
      if (how === 'canceled') await cancelJob(world.context, account.id, 'transcode', job.id);
      else await eraseJob(world.context, account.id, 'transcode', job.id, BY);
      expect(await uploadsOf(job)).toMatchObject([{ state: 'deleted', name_sealed: null, check_at: null }]);
      await until(async () => (await uploadsOf(job))[0]!.staging_closed_at !== null, { what: 'the key to be closed' });
      expect(await put(job)).not.toBe(200);
      expect(await look(job)).toBe(false);
      expect((await world.row(job.id)).status).toBe('canceled');
    },
  );

  it('leaves no bytes behind when it is canceled after the bytes arrived and before it ran', async () => {
    const job = await create();
    await put(job);
    await look(job);
    const [upload] = await uploadsOf(job);
    const { key } = (await sealedUpload(world.context.db, upload!.id, upload!.object_id!))!;
    await cancelJob(world.context, account.id, 'transcode', job.id);
    await sweepExpired(world.context);
    expect(await world.context.store.head(key)).toBeNull();
  });

  it('is released when the inspection for a confirm accepts the upload, and has the properties that the inspection found', async () => {
    const job = await create();
    await put(job);
    await expect(confirm(job)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await claim()).toBeNull();
    await acceptInspection(world.context, (await claimInspection(world.context))!, FOUND);
    expect(await confirm(job)).toMatchObject({ fileSize: size });
    const claimed = (await claim())!;
    expect(claimed.inputs[0]).toMatchObject({ object_state: 'live', probe: expect.anything() });
    await cancelJob(world.context, account.id, 'transcode', job.id);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'confirmed' }]);
  });

  it('checks its upload itself when the inspection for a confirm fails for a reason other than the file', async () => {
    const job = await create();
    await put(job);
    await expect(confirm(job)).rejects.toMatchObject({ code: 'unavailable' });
    const { claim: inspection } = (await claimInspection(world.context))!;
    const failure = { code: 'internal', message: 'Airlock failed.', retry: false } as const;
    await failAttempt(world.context, inspection, failure, null);
    expect(await statusOf(job)).toMatchObject({ status: 'pending', waiting_for: 'upload' });
    await checkUploads(world.context);
    const claimed = (await claim())!;
    const [upload] = await uploadsOf(job);
    expect(upload).toMatchObject({ state: 'confirming', inspection_id: job.id });
    expect(claimed).toMatchObject({ job: { id: job.id }, inputs: [{ object_id: upload!.object_id }] });
    const sealed = (await sealedUpload(world.context.db, upload!.id, upload!.object_id!))!;
    expect(await world.context.store.head(sealed.key)).not.toBeNull();
    await cancelJob(world.context, account.id, 'transcode', job.id);
  });

  it('leaves no upload behind when it is canceled after the inspection for a confirm failed', async () => {
    const job = await create();
    await put(job);
    await expect(confirm(job)).rejects.toMatchObject({ code: 'unavailable' });
    const { claim: inspection, objectKey } = (await claimInspection(world.context))!;
    const failure = { code: 'internal', message: 'Airlock failed.', retry: false } as const;
    await failAttempt(world.context, inspection, failure, null);
    await cancelJob(world.context, account.id, 'transcode', job.id);
    await sweepExpired(world.context);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'deleted' }]);
    expect(await world.context.store.head(objectKey)).toBeNull();
  });

  it('fails with upload_rejected and the reason when a confirm detects another type of file', async () => {
    const job = await create();
    await put(job);
    await expect(confirm(job)).rejects.toMatchObject({ code: 'unavailable' });
    await rejectInspection(world.context, (await claimInspection(world.context))!, 'The file is something else.');
    expect(await world.view(job.id)).toMatchObject({
      ...{ status: 'failed', error_code: 'upload_rejected', error_message: 'The file is something else.' },
    });
    expect(await claim()).toBeNull();
  });

  it('reports to a later confirm why its attempt rejected the upload', async () => {
    const job = await create();
    await put(job);
    await look(job);
    const claimed = (await claim())!;
    const waiting = confirm(job, 10_000);
    waiting.catch(() => {});
    const failure = { code: 'upload_rejected', message: 'The file is no video.', retry: false } as const;
    expect(await failAttempt(world.context, claimed, failure, null)).toBe(true);
    await expect(waiting).rejects.toMatchObject({
      code: 'upload_type_mismatch',
      details: { reason: 'The file is no video.' },
    });
  });

  it('returns to the queue with its upload when its worker dies', async () => {
    const job = await create();
    await put(job);
    await look(job);
    const first = (await claim())!;
    const worker = (await world.database.pg.query('SELECT worker_id FROM attempts WHERE id = $1', [first.attemptId]))
      .rows[0].worker_id;
    expect(await recoverLost(world.context, [worker])).toBe(1);
    await world.skipDelays();
    const second = (await claim())!;
    expect(second).toMatchObject({ number: 2, job: { id: job.id } });
    const [upload] = await uploadsOf(job);
    const sealed = (await sealedUpload(world.context.db, upload!.id, upload!.object_id!))!;
    await world.context.db.transaction().execute((tx) => confirmSealed(world.context, tx, sealed, FOUND));
    expect(await uploadsOf(job)).toMatchObject([{ state: 'confirmed', check_at: null }]);
    await cancelJob(world.context, account.id, 'transcode', job.id);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'confirmed' }]);
  });

  it('has its upload confirmed once, by the attempt that owns the job, and not by an attempt that was replaced', async () => {
    const job = await create();
    await put(job);
    await look(job);
    const first = (await claim())!;
    const { rows } = await world.database.pg.query('SELECT worker_id FROM attempts WHERE id = $1', [first.attemptId]);
    await recoverLost(world.context, [rows[0].worker_id]);
    await world.skipDelays();
    const second = (await claim())!;
    const { id } = (await uploadsOf(job))[0]!;
    const confirmAs = (attempt: typeof first) =>
      confirmForAttempt(world.context, attempt, { upload: { id, retention_seconds: null }, position: 0 }, FOUND);
    expect(await confirmAs(first)).toBe(false);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'confirming' }]);
    expect(await confirmAs(second)).toBe(true);
    expect(await confirmAs(second)).toBe(true);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'confirmed', check_at: null }]);
    const { rows: found } = await world.database.pg.query(
      `SELECT objects.state, content_type, job_sources.probe IS NOT NULL AS described,
         (SELECT count(*)::int FROM events WHERE upload_id = $2 AND type = 'upload.confirmed') AS events
       FROM job_sources JOIN objects ON objects.id = object_id WHERE job_sources.job_id = $1`,
      [job.id, id],
    );
    expect(found).toEqual([{ state: 'live', content_type: 'video/mp4', described: true, events: 1 }]);
    await cancelJob(world.context, account.id, 'transcode', job.id);
    expect(await confirmAs(second)).toBe(false);
  });

  it('waits for the parts of an upload above 64 MiB, whose URLs can be signed again', async () => {
    const job = await world.acceptShown(account, {
      inputs: [{ upload: { filename: 'long.mp4', contentType: 'video/mp4', fileSize: 65 * 2 ** 20 } }],
    });
    expect(job.inputs[0]!.upload).toMatchObject({ uploadId: expect.any(String), partCount: 13, parts: { length: 13 } });
    const target = job.inputs[0]!.upload;
    if (!target || !('parts' in target)) throw new Error('the upload has no parts');
    const send = ({ url, size: bytes }: { url: string; size: number }) => putBytes(url, Buffer.alloc(bytes));
    for (const part of target.parts.slice(1)) expect(await send(part)).toBe(200);
    await look(job);
    expect(await statusOf(job)).toMatchObject({ waiting_for: 'upload' });
    await send(target.parts[0]!);
    await Promise.all([look(job), look(job)]);
    expect((await claim())?.inputs[0]).toMatchObject({ object_size: 65 * 2 ** 20, object_state: 'pending' });
    await cancelJob(world.context, account.id, 'transcode', job.id);
    await sweepExpired(world.context);
    expect(await uploadsOf(job)).toMatchObject([{ state: 'deleted' }]);
  });

  describe('a job that awaits an upload in parts', () => {
    const createLarge = async () => {
      const parts = { fileSize: 65 * 2 ** 20, partSize: 8 * 2 ** 20 };
      const job = await world.acceptShown(account, {
        inputs: [{ upload: { filename: 'long.mp4', contentType: 'video/mp4', ...parts } }],
      });
      const target = job.inputs[0]!.upload;
      if (!target || !('parts' in target)) throw new Error('the upload has no parts');
      const send = async (from: number, to: number) => {
        for (const { url, size: bytes } of target.parts.slice(from - 1, to))
          expect(await putBytes(url, Buffer.alloc(bytes))).toBe(200);
      };
      return { job, send, count: target.parts.length };
    };

    /**
     * Seconds from one part to the next part, as the storage reports it. The interval is long enough for an early start, even before the
     * last part.
     */
    const USUAL = 19;
    let secondsPerPart = USUAL;
    beforeEach(() => {
      secondsPerPart = USUAL;
      const { store } = world.context;
      const listParts = store.listParts.bind(store);
      vi.spyOn(store, 'listParts').mockImplementation(async (key, id) => {
        const parts = await listParts(key, id);
        const now = Date.now();
        return (
          parts?.map((part, index) => {
            const ageSeconds = (parts.length - 1 - index) * secondsPerPart;
            return { ...part, storedAt: new Date(now - ageSeconds * 1000) };
          }) ?? null
        );
      });
    });
    afterEach(() => vi.restoreAllMocks());

    it('starts before the last part if the rest will take longer than a moment at the measured rate, but will arrive soon', async () => {
      const { job, send, count } = await createLarge();
      await send(2, 2);
      await look(job);
      expect(await statusOf(job)).toMatchObject({ waiting_for: 'upload' });
      await send(1, 1);
      // At 1800 s per part, the remaining 49 MiB take three hours. At 0.01 s per part, they take a tenth of a second.
      for (const rate of [1800, 0.01]) {
        secondsPerPart = rate;
        await look(job);
        expect(await statusOf(job)).toMatchObject({ waiting_for: 'upload' });
      }
      secondsPerPart = 1;
      await look(job);
      expect(await statusOf(job)).toEqual(PENDING);
      const claimed = (await claim())!;
      expect(claimed).toMatchObject({ number: 1, job: { id: job.id }, inputs: [{ object_id: null }] });
      // Checks of uploads do not combine the parts while an attempt reads them.
      await send(3, count);
      await checkUploads(world.context);
      expect(await uploadsOf(job)).toMatchObject([{ state: 'pending' }]);
      expect(await waitForUpload(world.context, claimed)).toBe(true);
      expect(await waitForUpload(world.context, claimed)).toBe(false);
      expect(await world.events(job.id)).toEqual(['queued', 'started', 'retrying']);
      await look(job);
      expect((await claim())?.inputs[0]).toMatchObject({ object_size: 65 * 2 ** 20, object_state: 'pending' });
      await cancelJob(world.context, account.id, 'transcode', job.id);
    });

    it('reads the complete upload if no worker was free earlier, and starts early only once', async () => {
      const { job, send, count } = await createLarge();
      await send(1, count - 1);
      await look(job);
      const first = (await claim())!;
      expect(await waitForUpload(world.context, first)).toBe(true);
      await look(job);
      expect(await claim()).toBeNull();
      await send(count, count);
      await look(job);
      expect((await claim())?.inputs[0]).toMatchObject({ object_state: 'pending' });
      await cancelJob(world.context, account.id, 'transcode', job.id);
      const busy = await createLarge();
      await busy.send(1, count - 1);
      await look(busy.job);
      expect(await statusOf(busy.job)).toEqual(PENDING);
      await busy.send(count, count);
      await pass(busy.job, 0);
      await checkUploads(world.context);
      expect(await claim()).toMatchObject({ number: 1, inputs: [{ object_state: 'pending' }] });
      await cancelJob(world.context, account.id, 'transcode', busy.job.id);
    });

    it('fails with upload_missing if the rest never arrives, in the queue and while it awaits its upload', async () => {
      const [queued, released] = [await createLarge(), await createLarge()];
      for (const { job, send } of [queued, released]) {
        await send(1, 2);
        await look(job);
      }
      const claims = [(await claim())!, (await claim())!];
      const own = claims.find((one) => one.job.id === released.job.id)!;
      const other = claims.find((one) => one.job.id === queued.job.id)!;
      expect(await waitForUpload(world.context, own)).toBe(true);
      await releaseJob(world.context, other);
      for (const { job } of [queued, released]) {
        expect(await statusOf(job)).toMatchObject({ status: 'pending' });
        await pass(job, 24 * 3600);
      }
      await checkUploads(world.context);
      for (const { job } of [queued, released]) expect(await statusOf(job)).toEqual(FAILED_MISSING);
    });

    it('returns to the queue when a confirm inspects its upload while an attempt reads the parts', async () => {
      const { job, send, count } = await createLarge();
      await send(1, count - 1);
      await look(job);
      const claimed = (await claim())!;
      await send(count, count);
      const [upload] = await uploadsOf(job);
      const target = job.inputs[0]!.upload!;
      const body = { filename: target.filename, fileSize: 65 * 2 ** 20, uploadId: upload!.id };
      const listen = () => () => new Promise<void>((resolve) => setTimeout(resolve, 10));
      await expect(confirmUpload(world.context, account, body, { listen, maxMs: 0 })).rejects.toMatchObject({
        code: 'unavailable',
      });
      await acceptInspection(world.context, (await claimInspection(world.context))!, FOUND);
      expect(await waitForUpload(world.context, claimed)).toBe(true);
      expect((await claim())?.inputs[0]).toMatchObject({ object_state: 'live', probe: expect.anything() });
      await cancelJob(world.context, account.id, 'transcode', job.id);
    });
  });

  it('does not wait for the checks of many uploads of another account', async () => {
    const [many, one] = [await world.account(), await world.account()];
    const first = await create(1, many);
    const id = (await uploadsOf(first))[0]!.id;
    await world.database.pg.query(
      `INSERT INTO uploads (id, account_id, staging_key, name_fingerprint, declared_type, declared_size, state,
         url_expires_at, job_id, check_at, created_at)
       SELECT gen_random_uuid(), account_id, 'uploads/x/' || n, sha256(n::text::bytea), declared_type, declared_size,
         state, url_expires_at, job_id, check_at - interval '1 h', created_at
       FROM uploads, generate_series(1, 500) AS n WHERE id = $1`,
      [id],
    );
    const other = await create(1, one);
    const due = await dueChecks(world.context.db).execute();
    const [mine] = await uploadsOf(other);
    expect(due.map((row) => row.id)).toContain(mine!.id);
    await world.database.pg.query(`UPDATE uploads SET check_at = NULL WHERE account_id = $1`, [many.id]);
    await cancelJob(world.context, one.id, 'transcode', other.id);
    await cancelJob(world.context, many.id, 'transcode', first.id);
  });
});

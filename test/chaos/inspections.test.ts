import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountUsage } from '../../src/accounts/account-settings.ts';
import type { Account } from '../../src/accounts/accounts.ts';
import type { Run, WorkTools } from '../../src/attempt/tools.ts';
import { ApiError } from '../../src/contract/errors.ts';
import { type FailureCode, failures, JobFailure } from '../../src/contract/failures.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { openColumn } from '../../src/database/sealed-columns.ts';
import { failAttempt } from '../../src/jobs/finish.ts';
import { recoverLost } from '../../src/jobs/recover.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { confirmUpload } from '../../src/kinds/inspection/confirm.ts';
import { executeInspection } from '../../src/kinds/inspection/execute.ts';
import type { Upload } from '../../src/uploads/upload.ts';
import { acceptInspection, claimInspection, rejectInspection } from '../helpers/inspections.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const SUMMARY = {
  ...{ duration_seconds: 10, format: 'mp4', size_bytes: 64, video_codec: 'h264', audio_codec: null },
  ...{ width: 320, height: 180, fps: 25 },
};
/** The start of an MP4 file. */
const MP4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom\0\0\0\0isommp42'), Buffer.alloc(40)]);
const FOUND = { contentType: 'video/mp4', inspection: { summary: SUMMARY, info: null } };

describe('the inspection of an upload', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  async function confirming({ given, bytes }: { given?: Account; bytes?: Buffer } = {}) {
    const account = given ?? (await world.account());
    const sent = await world.presign(account, 'clip.mp4', bytes);
    const body = { filename: sent.filename, fileSize: sent.bytes.length };
    const listen = () => () => new Promise<void>((resolve) => setTimeout(resolve, 10));
    const confirm = (maxMs = 0) => confirmUpload(world.context, account, body, { listen, maxMs });
    await expect(confirm()).rejects.toMatchObject({ code: 'unavailable' });
    const upload = await world.database.db
      .selectFrom('uploads')
      .selectAll()
      .where('id', '=', sent.id)
      .executeTakeFirstOrThrow();
    return { confirm, upload, sent };
  }

  /** Returns the reason for a rejected upload, which a waiting confirm returns; null if there is none. */
  async function rejectionOf({ id }: Upload): Promise<string | null> {
    const { db } = world.context;
    const row = await db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    return openColumn(world.context.vault, 'uploads', 'refusal_sealed', row);
  }

  /** Lets the workers of all attempts of the waiting inspection die. Returns the key of the inspected object. */
  async function dieInEachAttempt(): Promise<string> {
    let objectKey = '';
    for (let attempt = 1; attempt <= 3; attempt++) {
      const worker = uuidv7();
      objectKey = (await claimInspection(world.context, worker))!.objectKey;
      expect(await recoverLost(world.context, [worker])).toBe(1);
    }
    return objectKey;
  }

  it('is repeated when its worker has sent no heartbeat for 30 seconds', async () => {
    const { confirm, upload } = await confirming();
    const dead = (await claimInspection(world.context))!;
    expect(await recoverLost(world.context, [])).toBe(0);
    await world.database.pg.query(`UPDATE attempts SET heartbeat_at = now() - interval '31 s' WHERE id = $1`, [
      dead.claim.attemptId,
    ]);
    expect(await recoverLost(world.context, [])).toBe(1);
    const again = (await claimInspection(world.context))!;
    expect(again.upload.id).toBe(upload.id);
    expect(await acceptInspection(world.context, again, FOUND)).toBe(true);
    // The first worker was only slow, and its report is rejected because another worker has taken over.
    expect(await rejectInspection(world.context, dead, 'It is something else.')).toBe(false);
    expect(await confirm()).toMatchObject({ fileSize: 64 });
    expect(await world.context.store.head(again.objectKey)).not.toBeNull();
  });

  it('keeps the upload if the worker dies in each attempt, and the next confirm queues another inspection', async () => {
    const { confirm, upload } = await confirming();
    const objectKey = await dieInEachAttempt();
    expect(await claimInspection(world.context)).toBeNull();
    expect(await rejectionOf(upload)).toBeNull();
    await sweepExpired(world.context);
    expect(await world.context.store.head(objectKey)).not.toBeNull();
    await expect(confirm()).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    const again = (await claimInspection(world.context))!;
    expect(again).toMatchObject({ upload: { id: upload.id }, objectKey });
    await acceptInspection(world.context, again, FOUND);
    expect(await confirm()).toMatchObject({ fileSize: 64 });
  });

  it('responds to a waiting confirm when it fails for a reason other than the file', async () => {
    const { confirm } = await confirming();
    const waiting = confirm(60_000);
    waiting.catch(() => {});
    const { claim } = (await claimInspection(world.context))!;
    await failAttempt(world.context, claim, { code: 'internal', message: 'Airlock failed.', retry: false }, null);
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable', details: { remedy: 'Confirm again' } });
    expect(await claimInspection(world.context)).toBeNull();
  });

  it('is queued three times at most, and the sweep then deletes the upload without a rejection', async () => {
    const { confirm, upload } = await confirming();
    let objectKey = '';
    for (let inspection = 1; inspection <= 3; inspection++) {
      objectKey = await dieInEachAttempt();
      await expect(confirm()).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect(await claimInspection(world.context)).toBeNull();
    await world.database.pg.query(`UPDATE uploads SET created_at = now() - interval '2 h' WHERE id = $1`, [upload.id]);
    await sweepExpired(world.context);
    expect(await world.context.store.head(objectKey)).toBeNull();
    expect(await rejectionOf(upload)).toBeNull();
    await expect(confirm()).rejects.toMatchObject({ code: 'upload_not_found' });
  });

  it('is queued once by concurrent confirms after an inspection without a result', async () => {
    const { confirm } = await confirming();
    await dieInEachAttempt();
    await Promise.allSettled(Array.from({ length: 5 }, () => confirm()));
    const again = (await claimInspection(world.context))!;
    expect(await claimInspection(world.context)).toBeNull();
    await acceptInspection(world.context, again, FOUND);
  });

  const FILE_IS_AT_FAULT = [
    ...['invalid_media', 'unsupported_media', 'unsupported_codec', 'cannot_disarm', 'no_video_stream'],
    ...['no_audio_stream', 'empty_media', 'too_many_streams', 'too_many_pixels', 'too_long', 'sandbox_violation'],
  ];

  it.each(Object.keys(failures) as FailureCode[])(
    'rejects the upload only if the file is at fault: %s',
    async (code) => {
      const { upload } = await confirming();
      const { claim, objectKey } = (await claimInspection(world.context))!;
      await failAttempt(world.context, claim, { code, message: 'It failed.', retry: false }, null);
      await sweepExpired(world.context);
      // The code `input_deleted` means that the upload has no bytes left.
      const isRejected = FILE_IS_AT_FAULT.includes(code) || code === 'input_deleted';
      expect(await rejectionOf(upload)).toBe(isRejected ? 'It failed.' : null);
      expect((await world.context.store.head(objectKey)) === null).toBe(isRejected);
    },
  );

  it.each(['limit_memory', 'invalid_media'] as const)(
    'deletes the bytes before it ends only if the file is at fault: %s',
    async (code) => {
      await confirming({ bytes: MP4 });
      const { claim, objectKey } = (await claimInspection(world.context))!;
      const folder = await mkdtemp(join(tmpdir(), 'airlock-inspection-'));
      const sanitize = async () => {
        throw new JobFailure(code, 'The file could not be read.');
      };
      const tools = {
        context: world.context,
        sanitizer: { sanitize },
        measure: (_: string, run: () => unknown) => run(),
      };
      const run = { claim, folder, lease: { acquire: async () => 0 }, signal: AbortSignal.timeout(60_000) };
      await expect(executeInspection(tools as unknown as WorkTools, run as unknown as Run)).rejects.toMatchObject({
        code,
      });
      expect((await world.context.store.head(objectKey)) === null).toBe(code === 'invalid_media');
      await failAttempt(world.context, claim, { code, message: 'It failed.', retry: false }, null);
      await rm(folder, { recursive: true });
    },
  );

  it('starts although its account is at its limit of running jobs, and does not count towards this limit', async () => {
    const account = await world.account({ max_concurrent: 1 });
    await world.accept(account);
    await world.mustClaim();
    await world.accept(account);
    expect(await world.claim()).toBeNull();
    const { upload } = await confirming({ given: account });
    expect((await claimInspection(world.context))!.upload.id).toBe(upload.id);
    expect(await accountUsage(world.database.db, account)).toMatchObject({ waiting: 1, running: 1 });
  });

  it('is awaited before it is queued, because it may end before its confirm continues', async () => {
    const account = await world.account();
    const sent = await world.presign(account);
    let queued: ReturnType<typeof claimInspection> | null = null;
    const listen = () => {
      queued ??= claimInspection(world.context);
      return async () => {};
    };
    const body = { filename: sent.filename, fileSize: sent.bytes.length };
    const confirm = confirmUpload(world.context, account, body, { listen, maxMs: 0 });
    await expect(confirm).rejects.toMatchObject({ code: 'unavailable' });
    expect(await queued).toBeNull();
    await acceptInspection(world.context, (await claimInspection(world.context))!, FOUND);
  });

  it('runs once for ten concurrent confirms, and leaves one sealed copy', async () => {
    const account = await world.account();
    const sent = await world.presign(account);
    const body = { filename: sent.filename, fileSize: sent.bytes.length };
    const wait = { listen: () => () => new Promise<void>((resolve) => setTimeout(resolve, 10)), maxMs: 10_000 };
    const confirms = Array.from({ length: 10 }, () => confirmUpload(world.context, account, body, wait));
    const settled = Promise.allSettled(confirms);
    let inspections = 0;
    for (let confirmed = false; !confirmed; ) {
      const claim = await claimInspection(world.context);
      if (!claim || claim.upload.id !== sent.id) continue;
      inspections += 1;
      await acceptInspection(world.context, claim, FOUND);
      confirmed = true;
    }
    const results = await settled;
    expect(await claimInspection(world.context)).toBeNull();
    expect(inspections).toBe(1);
    const responses = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.fileUrl] : []));
    expect(new Set(responses).size).toBe(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ApiError);
    const keys = [];
    for await (const object of world.context.store.list(`sealed/${account.id}/`)) keys.push(object.key);
    expect(keys).toHaveLength(1);
    expect(results.map((result) => result.status)).toEqual(Array(10).fill('fulfilled'));
  });
});

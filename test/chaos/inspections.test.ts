import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountUsage } from '../../src/accounts/account-settings.ts';
import type { Account } from '../../src/accounts/accounts.ts';
import { ApiError } from '../../src/contract/errors.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { openColumn } from '../../src/database/sealed-columns.ts';
import { recoverLost } from '../../src/jobs/recover.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { confirmUpload } from '../../src/kinds/inspection/confirm.ts';
import type { Upload } from '../../src/uploads/upload.ts';
import { acceptInspection, claimInspection, rejectInspection } from '../helpers/inspections.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const SUMMARY = {
  ...{ duration_seconds: 10, format: 'mp4', size_bytes: 64, video_codec: 'h264', audio_codec: null },
  ...{ width: 320, height: 180, fps: 25 },
};
const FOUND = { contentType: 'video/mp4', inspection: { summary: SUMMARY, info: null } };

describe('the inspection of an upload', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  async function confirming(maxMs = 0, given?: Account) {
    const account = given ?? (await world.account());
    const sent = await world.presign(account);
    const body = { filename: sent.filename, fileSize: sent.bytes.length };
    const wait = { listen: () => () => new Promise<void>((resolve) => setTimeout(resolve, 10)), maxMs };
    const confirm = () => confirmUpload(world.context, account, body, wait);
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

  it('rejects the upload if the worker dies in each attempt', async () => {
    const { confirm, upload } = await confirming();
    let objectKey = '';
    for (let attempt = 1; attempt <= 3; attempt++) {
      const worker = uuidv7();
      objectKey = (await claimInspection(world.context, worker))!.objectKey;
      expect(await recoverLost(world.context, [worker])).toBe(1);
    }
    expect(await claimInspection(world.context)).toBeNull();
    await expect(confirm()).rejects.toMatchObject({ code: 'upload_not_found' });
    expect(await rejectionOf(upload)).toBe('The worker died in each of 3 attempts.');
    await sweepExpired(world.context);
    expect(await world.context.store.head(objectKey)).toBeNull();
  });

  it('starts although its account is at its limit of running jobs, and does not count towards this limit', async () => {
    const account = await world.account({ max_concurrent: 1 });
    await world.accept(account);
    await world.mustClaim();
    await world.accept(account);
    expect(await world.claim()).toBeNull();
    const { upload } = await confirming(0, account);
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

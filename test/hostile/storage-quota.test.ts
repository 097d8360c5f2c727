import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../../src/accounts/accounts.ts';
import { countUploads, readStoredBytes } from '../../src/accounts/stored-bytes.ts';
import { UPLOAD_SECONDS } from '../../src/contract/limits.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { reserveOutput } from '../../src/jobs/outputs.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { outputKey } from '../../src/storage/keys.ts';
import type { StoreSpace } from '../../src/storage/types.ts';
import { presignUpload } from '../../src/uploads/presign.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const diskOf = (spareBytes: number, stagedBytes = 0): StoreSpace => ({
  freeBytes: spareBytes + 100,
  reserveBytes: 100,
  spareBytes,
  spareFiles: Number.POSITIVE_INFINITY,
  stagedBytes,
});

/** A unit of size that is large compared with the bytes of the rows. */
const MB = 1e6;

describe('the storage quota', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  const presign = (account: Account, fileSize: number, space: StoreSpace | null = null) => {
    const body = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize } as const;
    return world.database.db.transaction().execute((tx) => presignUpload(world.context, tx, account, body, space));
  };
  const codes = (settled: PromiseSettledResult<unknown>[]) =>
    settled.map((each) => (each.status === 'fulfilled' ? 'ok' : each.reason.code)).sort();
  const times = (count: number, word: string) => Array<string>(count).fill(word);
  const bytesOf = (account: Account) => readStoredBytes(world.database.db, account.id);

  it('is never exceeded by reservations, regardless of how many URLs are requested concurrently', async () => {
    const account = await world.account({ max_stored_bytes: 1000 });
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => presign(account, 300)));
    expect(codes(asked)).toEqual([...times(3, 'ok'), ...times(17, 'storage_quota')]);
    expect(await bytesOf(account)).toBe(900);
    await expect(presign(account, 300)).rejects.toMatchObject({
      status: 507,
      details: { limit: 1000, stored: 900, required: 300 },
    });
  });

  it('limits the number of open upload URLs', async () => {
    const account = await world.account({ max_open_uploads: 5 });
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => presign(account, 1)));
    expect(codes(asked)).toEqual([...times(5, 'ok'), ...times(7, 'too_many_open_uploads')]);
    await expect(presign(account, 1)).rejects.toMatchObject({ status: 429, details: { limit: 5, open: 5 } });
  });

  it('never reserves more than the free space in total, and never more for one account than it leaves free', async () => {
    await world.database.pg.query(`UPDATE uploads SET state = 'deleted'`);
    const accounts = await Promise.all([world.account(), world.account(), world.account()]);
    const asked = await Promise.allSettled(
      accounts.flatMap((account) => Array.from({ length: 10 }, () => presign(account, 100 * MB, diskOf(1000 * MB)))),
    );
    const sums = await Promise.all(accounts.map(bytesOf));
    const sum = sums.reduce((all, each) => all + each, 0);
    expect(sum).toBeLessThanOrEqual(1000 * MB);
    for (const each of sums) {
      expect(each).toBeGreaterThan(0);
      expect(each).toBeLessThanOrEqual(500 * MB);
    }
    expect(new Set(codes(asked))).toEqual(new Set(['ok', 'storage_quota']));
    await expect(presign(accounts[0]!, 2000 * MB, diskOf(1000 * MB))).rejects.toMatchObject({
      code: 'storage_full',
      status: 507,
    });
    await expect(presign(accounts[0]!, 1, diskOf(-5))).rejects.toMatchObject({ code: 'storage_full' });
  });

  it('leaves half of the remaining space to other accounts when an account has uploaded its reservation without confirming it', async () => {
    await world.database.pg.query(`UPDATE uploads SET state = 'deleted'`);
    const [hog, other] = await Promise.all([world.account(), world.account()]);
    for (let each = 0; each < 5; each++) await presign(hog, 99 * MB, diskOf(1000 * MB));
    await expect(presign(hog, 100 * MB, diskOf(500 * MB, 500 * MB))).rejects.toMatchObject({ code: 'storage_quota' });
    await presign(other, 200 * MB, diskOf(500 * MB, 500 * MB));
    await expect(presign(other, 400 * MB, diskOf(300 * MB, 700 * MB))).rejects.toMatchObject({ code: 'storage_full' });
  });

  it('is released when an upload is never confirmed, when a job is erased, and when retention ends', async () => {
    const account = await world.account({ max_stored_bytes: 1000, retention_seconds: 1 });
    await presign(account, 600);
    const old = new Date(Date.now() - 2 * 3600_000);
    await world.database.db
      .updateTable('uploads')
      .set({ created_at: old, url_expires_at: new Date(old.getTime() + UPLOAD_SECONDS * 1000) })
      .where('account_id', '=', account.id)
      .execute();
    await sweepExpired(world.context);
    expect(await bytesOf(account)).toBe(0);
    expect(await countUploads(world.database.db, account.id, 'pending')).toBe(0);

    const { fileUrl } = await world.upload(account);
    expect(await bytesOf(account)).toBe(64);
    const job = await world.accept(account, { inputs: [{ url: fileUrl }] });
    const claim = await world.mustClaim();
    const { objectId } = await world.store(claim);
    await world.complete(claim, objectId);
    expect(await bytesOf(account)).toBe(64 + 32);
    await eraseJob(world.context, account.id, 'transcode', job.id, { actor: 'test' });
    expect(await bytesOf(account)).toBe(0);

    const again = await world.upload(account);
    await world.database.pg.query(`UPDATE objects SET delete_after = now() - interval '1 s' WHERE id = $1`, [
      again.objectId,
    ]);
    await sweepExpired(world.context);
    expect(await bytesOf(account)).toBe(0);
  });

  it('is not exceeded by outputs stored concurrently, and no job is created beyond it', async () => {
    const account = await world.account({ max_stored_bytes: 1000 });
    for (let index = 0; index < 5; index++) await world.accept(account);
    const claims = [];
    for (let index = 0; index < 5; index++) claims.push(await world.mustClaim());
    const stored = await Promise.allSettled(
      claims.map((claim) => {
        const key = outputKey(account.id, claim.job.id, claim.attemptId, 'mp4');
        const sha256 = randomBytes(32).toString('hex');
        return reserveOutput(world.context, claim, { key, contentType: 'video/mp4', size: 500, sha256 });
      }),
    );
    expect(codes(stored)).toEqual([...times(2, 'ok'), ...times(3, 'storage_quota')]);
    await expect(world.accept(account)).rejects.toMatchObject({ code: 'storage_quota', status: 507 });
  });
});

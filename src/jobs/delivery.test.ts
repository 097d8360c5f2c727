import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { cancelJob } from './cancel.ts';
import { openTarget, recordDelivery, viewDelivery } from './delivery.ts';
import { eraseJob } from './erase.ts';
import { releaseJob } from './finish.ts';
import { insertJob } from './insert.ts';
import { readReceipt } from './receipt.ts';
import type { Claim } from './rows.ts';
import { sweepRows } from './sweep-rows.ts';

const BY = { actor: 'test', ip: null, requestId: null };
const TARGET = { url: 'https://bucket.example.org/a.mp4?X-Amz-Signature=secret', headers: { 'x-amz-acl': 'private' } };
const PLACE = { host: 'bucket.example.org', bucket: null, prefix: null };

describe('the delivery of an output', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  async function claimWithDelivery(): Promise<Claim> {
    const account = await world.account();
    await world.database.db.transaction().execute((tx) =>
      insertJob(world.context, tx, {
        ...{ kind: 'transcode', accountId: account.id, keyId: null, requestId: null, resourceClass: 'light' },
        ...{ request: null, facts: '{"v":1}', settings: null, sources: [], warnings: [], metadata: null },
        outputs: [{ format: 'mp4', name: 'a.mp4', delivery: { target: TARGET, place: PLACE } }],
        retentionSeconds: 60,
      }),
    );
    return world.mustClaim();
  }

  const outputOf = async ({ job }: Claim) => (await world.outputs(job.id))[0]!;
  const erase = ({ job }: Claim) => eraseJob(world.context, job.account_id, 'transcode', job.id, BY);
  const receiptOf = async ({ job }: Claim) => readReceipt(world.context, await world.row(job.id));

  it('has its URL until the job ends, and then only its host, also in the receipt', async () => {
    const claim = await claimWithDelivery();
    expect(openTarget(world.context.vault, claim.outputs[0]!)).toEqual(TARGET);
    expect(await recordDelivery(world.context, claim, claim.outputs[0]!, { status: 'delivering' })).toBe(true);
    await cancelJob(world.context, claim.job.account_id, 'transcode', claim.job.id);
    const output = await outputOf(claim);
    expect(output.destination_sealed).toBeNull();
    expect(viewDelivery(world.context.vault, output)).toMatchObject({
      ...{ status: 'failed', host: PLACE.host, error_code: 'destination_failed' },
      error_message: 'The job ended before the output was delivered.',
    });
    await erase(claim);
    expect((await receiptOf(claim)).copies).toEqual([
      { position: 0, format: 'mp4', ...PLACE, delivered: false, delivered_at: null },
    ]);
  });

  it('is not in the receipt if it never began, and its host is erased', async () => {
    const claim = await claimWithDelivery();
    await erase(claim);
    const { destination_sealed, delivery_sealed } = await outputOf(claim);
    expect([destination_sealed, delivery_sealed, (await receiptOf(claim)).copies]).toEqual([null, null, undefined]);
  });

  it('loses its URL in the next cleanup if an older release has canceled the job', async () => {
    const claim = await claimWithDelivery();
    const waiting = await claimWithDelivery();
    await world.database.pg.query(`UPDATE jobs SET status = 'canceled', completed_at = now() WHERE id = $1`, [
      claim.job.id,
    ]);
    await sweepRows(world.context);
    const { destination_sealed, delivery_status } = await outputOf(claim);
    expect([destination_sealed, delivery_status]).toEqual([null, 'skipped']);
    expect(openTarget(world.context.vault, await outputOf(waiting))).toEqual(TARGET);
  });

  it('is not recorded by an attempt that was replaced', async () => {
    const claim = await claimWithDelivery();
    await releaseJob(world.context, claim);
    await world.skipDelays();
    await world.mustClaim();
    expect(await recordDelivery(world.context, claim, claim.outputs[0]!, { status: 'delivered' })).toBe(false);
    expect((await outputOf(claim)).delivery_status).toBe('pending');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { cancelJob } from './cancel.ts';
import { openTarget, recordDelivery, viewDelivery } from './delivery.ts';
import { eraseJob } from './erase.ts';
import { failAttempt, releaseJob } from './finish.ts';
import { insertJob } from './insert.ts';
import { readReceipt } from './receipt.ts';
import { beginRedelivery, MAX_PLACES, nextReport } from './redelivery.ts';
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

  it('keeps its URL until the job ends, and then only its host, which the receipt also shows', async () => {
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

  describe('again, after the end of its job,', () => {
    const NEXT = { host: 'bucket.example.org', bucket: 'media', prefix: 'b/' };

    /** Inserts a completed job, and a second job that delivers its output to `NEXT`. */
    async function claimAgain(): Promise<{ first: Claim; again: Claim }> {
      const first = await claimWithDelivery();
      const { context, database } = world;
      await recordDelivery(context, first, first.outputs[0]!, { status: 'failed', error: 'No.' });
      await world.complete(first, (await world.store(first)).objectId);
      const target = { connection: 'films', prefix: 'b/' };
      await database.db.transaction().execute(async (tx) => {
        const row = await outputOf(first);
        const report = nextReport(context, row, { target, place: NEXT });
        await beginRedelivery(context, tx, row, report!);
        await insertJob(context, tx, {
          ...{
            kind: 'redelivery',
            accountId: first.job.account_id,
            keyId: null,
            requestId: null,
            parentId: first.job.id,
          },
          ...{ resourceClass: 'light', request: null, facts: '{"v":1}', settings: null, sources: [], outputs: [] },
          ...{ warnings: [], metadata: null, retentionSeconds: 60 },
        });
      });
      return { first, again: await world.mustClaim() };
    }

    it('shows the reason for its failure if its workers die, and records an event', async () => {
      const { first, again } = await claimAgain();
      expect(viewDelivery(world.context.vault, await outputOf(first))).toMatchObject({ status: 'delivering', ...NEXT });
      const failure = { code: 'worker_lost' as const, message: 'The worker died.', retry: false };
      expect(await failAttempt(world.context, again, failure, null)).toBe(true);
      expect(viewDelivery(world.context.vault, await outputOf(first))).toMatchObject({
        ...{ status: 'failed', ...NEXT, connection: 'films', error_message: 'The worker died.' },
      });
      expect((await world.events(first.job.id)).at(-1)).toBe('delivery_failed');
      expect((await world.row(first.job.id)).status).toBe('completed');
    });

    it('ends when the job is erased, and the receipt shows the places of both deliveries', async () => {
      const { first, again } = await claimAgain();
      await erase(first);
      expect((await world.row(again.job.id)).status).toBe('canceled');
      const last = await outputOf(first);
      expect(await recordDelivery(world.context, again, last, { status: 'delivered' })).toBe(false);
      const missed = { position: 0, format: 'mp4', delivered: false, delivered_at: null };
      expect((await receiptOf(first)).copies).toEqual([
        { ...missed, ...PLACE },
        { ...missed, ...NEXT },
      ]);
      expect((await world.events(first.job.id)).at(-1)).toBe('deleted');
    });

    it('keeps a limited number of places of earlier copies, and each place once', async () => {
      const { first } = await claimAgain();
      const { context, database } = world;
      const target = { connection: 'films', prefix: '' };
      const to = async (prefix: string) => {
        const row = await outputOf(first);
        const report = nextReport(context, row, { target, place: { ...NEXT, prefix } });
        if (report) await database.db.transaction().execute((tx) => beginRedelivery(context, tx, row, report));
        return report?.earlier?.length;
      };
      const counts = [];
      for (let count = 0; count < MAX_PLACES; count++) counts.push(await to(`${count}/`));
      expect([counts[0], counts[MAX_PLACES - 3], counts.at(-1)]).toEqual([2, MAX_PLACES - 1, undefined]);
      expect(await to('3/')).toBe(MAX_PLACES - 1);
    });
  });
});

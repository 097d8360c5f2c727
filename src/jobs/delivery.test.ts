import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Tx } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { cancelJob } from './cancel.ts';
import { claimJob } from './claim.ts';
import {
  beginRedelivery,
  insertDeliveries,
  MAX_PLACES,
  nextReport,
  readDeliveries,
  recordDelivered,
} from './deliveries.ts';
import { type DeliveryStep, openTarget, recordDelivery, viewDelivery } from './delivery.ts';
import { eraseJob } from './erase.ts';
import { completeJob, failAttempt, releaseJob } from './finish.ts';
import { insertJob } from './insert.ts';
import { readReceipt } from './receipt.ts';
import type { Claim } from './rows.ts';
import { sweepRows } from './sweep-rows.ts';

const BY = { actor: 'test', ip: null, requestId: null };
const TARGET = { url: 'https://bucket.example.org/a.mp4?X-Amz-Signature=secret', headers: { 'x-amz-acl': 'private' } };
const FACTS_OF_JOB = JSON.stringify({ v: 1, source: 'defaults', output_format: 'mp4' });
const FACTS = {
  format: 'mp4',
  size: 32,
  duration_seconds: 10,
  width: 320,
  height: 180,
  video_codec: 'h264',
  audio_codec: null,
  sha256: '00',
};
const PLACE = { host: 'bucket.example.org', bucket: null, prefix: null };

describe('the delivery of an output', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  async function claimWithDelivery(formats = ['mp4']): Promise<Claim> {
    const account = await world.account();
    await world.database.db.transaction().execute((tx) =>
      insertJob(world.context, tx, {
        kind: 'transcode',
        accountId: account.id,
        keyId: null,
        requestId: null,
        resourceClass: 'light',
        request: null,
        facts: FACTS_OF_JOB,
        settings: null,
        sources: [],
        warnings: [],
        metadata: null,
        outputs: formats.map((format) => ({
          format,
          name: `a.${format}`,
          delivery: { target: TARGET, place: PLACE },
        })),
        retentionSeconds: 60,
      }),
    );
    return world.mustClaim();
  }

  const outputOf = async ({ job }: Claim) => (await world.outputs(job.id))[0]!;
  const erase = ({ job }: Claim) => eraseJob(world.context, job.account_id, 'transcode', job.id, BY);
  const receiptOf = async ({ job }: Claim) => readReceipt(world.context, await world.row(job.id));

  /** Stores the output of the job, and claims the job that delivers it. */
  async function claimDelivery(): Promise<{ made: Claim; sends: Claim }> {
    const made = await claimWithDelivery();
    expect(await world.complete(made, (await world.store(made)).objectId)).toBe(true);
    return { made, sends: await claimNext(made, 'interactive') };
  }

  async function claimNext({ job }: Claim, resourceClass: ResourceClass): Promise<Claim> {
    const claim = await claimJob(world.context, resourceClass, { worker: { id: uuidv7(), tier: 'none' } });
    expect(claim?.job.parent_id).toBe(job.id);
    return claim!;
  }

  const nothing = { outputs: [], plan: null, warnings: [], inputSeconds: null, attempt: null };
  /** Records the result of a delivery, and ends its job like a worker. */
  const endWith = async ({ made, sends }: { made: Claim; sends: Claim }, step: Omit<DeliveryStep, 'status'> | null) => {
    const { context } = world;
    const row = await outputOf(made);
    expect(await recordDelivery(context, sends, row, { status: 'delivering' })).not.toBeNull();
    const result = step ? { status: 'failed' as const, ...step } : { status: 'delivered' as const };
    expect(await recordDelivery(context, sends, await outputOf(made), result)).not.toBeNull();
    const apply = (tx: Tx) => recordDelivered(context, tx, sends.job, [row.id]);
    expect(await completeJob(context, sends, { ...nothing, apply })).toBe(true);
  };

  it('is a job that its parent awaits without a slot, and whose end completes and bills the parent', async () => {
    const both = await claimDelivery();
    const { job } = both.made;
    expect(await world.view(job.id)).toMatchObject({ status: 'processing', awaiting: 'delivery', completed_at: null });
    const [output] = (await world.view(job.id)).outputs;
    expect(output).toMatchObject({ status: 'completed', delivery: { status: 'pending', attempts: 0 } });
    expect(readDeliveries(world.context, both.sends.job)).toEqual([
      { output_id: both.made.outputs[0]!.id, target: TARGET },
    ]);
    expect((await outputOf(both.made)).destination_sealed).toBeNull();
    await endWith(both, null);
    expect(await world.view(job.id)).toMatchObject({ status: 'completed', awaiting: null, progress: 1, warnings: [] });
    const [delivered] = (await world.view(job.id)).outputs;
    expect(delivered!.delivery).toEqual({ status: 'delivered', attempts: 1, error_code: null, error_message: null });
    expect(await world.events(job.id)).toEqual(['queued', 'started', 'output_delivered', 'completed']);
    expect((await world.row(both.sends.job.id)).request_source_sealed).toBeNull();
    const usage = world.database.db.selectFrom('usage_months').select('jobs').where('account_id', '=', job.account_id);
    expect(await usage.execute()).toEqual([{ jobs: 1 }]);
  });

  it('leaves a warning if it fails, and its job is completed', async () => {
    const both = await claimDelivery();
    await endWith(both, { error: 'The bucket rejects the file.' });
    const view = await world.view(both.made.job.id);
    expect(view).toMatchObject({ status: 'completed' });
    expect(view.warnings).toEqual([
      { field: 'destination', message: 'The output was not delivered, and stays here: The bucket rejects the file.' },
    ]);
    expect(view.outputs[0]!.delivery).toEqual({
      status: 'failed',
      attempts: 1,
      error_code: 'destination_failed',
      error_message: 'The bucket rejects the file.',
    });
    expect((await world.events(both.made.job.id)).slice(-2)).toEqual(['delivery_failed', 'completed']);
  });

  it('is repeated alone if its worker dies, and counts its attempts', async () => {
    const both = await claimDelivery();
    await recordDelivery(world.context, both.sends, await outputOf(both.made), { status: 'delivering' });
    await releaseJob(world.context, both.sends);
    const again = await claimNext(both.made, 'interactive');
    await endWith({ made: both.made, sends: again }, null);
    expect(await world.view(both.made.job.id)).toMatchObject({ status: 'completed', attempts: 1 });
    expect((await world.view(both.made.job.id)).outputs[0]!.delivery).toMatchObject({ attempts: 2 });
  });

  it('ends with its job, and the receipt shows its host even if it never ended', async () => {
    const both = await claimDelivery();
    await recordDelivery(world.context, both.sends, await outputOf(both.made), { status: 'delivering' });
    await cancelJob(world.context, both.made.job.account_id, 'transcode', both.made.job.id);
    expect((await world.row(both.sends.job.id)).status).toBe('canceled');
    expect(viewDelivery(world.context.vault, await outputOf(both.made))).toMatchObject({
      status: 'failed',
      host: PLACE.host,
      error_code: 'destination_failed',
      error_message: 'The delivery was canceled.',
    });
    await erase(both.made);
    expect((await receiptOf(both.made)).copies).toEqual([
      { position: 0, format: 'mp4', ...PLACE, delivered: false, delivered_at: null },
    ]);
  });

  it('fails with its job if another output was not made, after the delivery has ended', async () => {
    const made = await claimWithDelivery(['mp4', 'mp3']);
    const { objectId } = await world.store(made);
    const failure = { code: 'output_invalid' as const, message: 'Output 2: The output is empty.' };
    const outputs = [{ outputId: made.outputs[0]!.id, objectId, facts: FACTS }];
    const failures = [{ outputId: made.outputs[1]!.id, failure }];
    expect(await completeJob(world.context, made, { ...nothing, outputs, failures })).toBe(true);
    expect(await world.view(made.job.id)).toMatchObject({ status: 'processing', awaiting: 'delivery' });
    await endWith({ made, sends: await claimNext(made, 'interactive') }, null);
    expect(await world.view(made.job.id)).toMatchObject({
      status: 'failed',
      error_code: 'output_invalid',
      error_message: 'Output 2: The output is empty.',
    });
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
    const { made, sends } = await claimDelivery();
    await releaseJob(world.context, sends);
    await claimNext(made, 'interactive');
    expect(await recordDelivery(world.context, sends, await outputOf(made), { status: 'delivered' })).toBeNull();
    expect((await outputOf(made)).delivery_status).toBe('delivering');
  });

  describe('again, after the end of its job,', () => {
    const NEXT = { host: 'bucket.example.org', bucket: 'media', prefix: 'b/' };

    /** Inserts a completed job, and a second job that delivers its output to `NEXT`. */
    async function claimAgain(): Promise<{ first: Claim; again: Claim }> {
      const both = await claimDelivery();
      await endWith(both, { error: 'No.' });
      const first = both.made;
      const { context, database } = world;
      const target = { connection: 'films', prefix: 'b/' };
      await database.db.transaction().execute(async (tx) => {
        const row = await outputOf(first);
        const report = nextReport(context, row, { target, place: NEXT });
        await beginRedelivery(context, tx, row, report!);
        await insertDeliveries(context, tx, first.job, [{ row, target }]);
      });
      return { first, again: await claimNext(first, 'interactive') };
    }

    it('shows the reason for its failure if its workers die, and records an event', async () => {
      const { first, again } = await claimAgain();
      expect(viewDelivery(world.context.vault, await outputOf(first))).toMatchObject({ status: 'delivering', ...NEXT });
      const failure = { code: 'worker_lost' as const, message: 'The worker died.', retry: false };
      expect(await failAttempt(world.context, again, failure, null)).toBe(true);
      expect(viewDelivery(world.context.vault, await outputOf(first))).toMatchObject({
        status: 'failed',
        ...NEXT,
        connection: 'films',
        error_message: 'The worker died.',
      });
      expect((await world.events(first.job.id)).at(-1)).toBe('delivery_failed');
      expect((await world.row(first.job.id)).status).toBe('completed');
    });

    it('ends when the job is erased, and the receipt shows the places of both deliveries', async () => {
      const { first, again } = await claimAgain();
      await erase(first);
      expect((await world.row(again.job.id)).status).toBe('canceled');
      const last = await outputOf(first);
      expect(await recordDelivery(world.context, again, last, { status: 'delivered' })).toBeNull();
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

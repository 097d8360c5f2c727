import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { cancelJob } from './cancel.ts';
import { downloadUrl } from './downloads.ts';
import { completeJob, failAttempt, releaseJob } from './finish.ts';
import { publishOutput, type StoredOutput } from './outputs.ts';
import { sweepExpired } from './retention.ts';
import type { Claim } from './rows.ts';

const OUTPUTS = {
  outputFormat: undefined,
  outputs: [{ outputFormat: 'mp4' }, { outputFormat: 'mp3' }, { outputFormat: 'wav' }],
};
const FAILURE = { code: 'internal' as const, message: 'Airlock failed.', retry: true };

describe('an output of a job with several outputs', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  async function claim(): Promise<Claim> {
    await world.accept(await world.account(), OUTPUTS as Parameters<JobWorld['accept']>[1]);
    return world.mustClaim();
  }

  async function claimAgain({ job }: Claim): Promise<Claim> {
    await world.skipDelays();
    const again = await world.mustClaim();
    expect(again.job.id).toBe(job.id);
    return again;
  }

  async function store(of: Claim, position: number): Promise<StoredOutput & { path: string }> {
    const { id, format } = of.outputs[position]!;
    const unknown = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };
    const facts = { format, size: 3, sha256: '00', ...unknown };
    const { objectId, key } = await world.store(of, position);
    return { outputId: id, objectId, facts, path: key };
  }

  const complete = (of: Claim, outputs: readonly StoredOutput[]) =>
    completeJob(world.context, of, { outputs, plan: null, warnings: [], inputSeconds: null, attempt: null });
  const exists = async (key: string) => (await world.context.store.head(key)) !== null;
  const statuses = async ({ job }: Claim) => (await world.view(job.id)).outputs.map(({ status }) => status);
  const download = async ({ job }: Claim, output: string) =>
    downloadUrl(world.context, await world.row(job.id), { output });
  const readyEvents = async ({ job }: Claim) => {
    const { rows } = await world.database.pg.query(
      `SELECT data->>'format' AS format FROM events WHERE job_id = $1 AND type = 'transcode.output_ready' ORDER BY id`,
      [job.id],
    );
    return rows.map(({ format }) => format);
  };

  it('can be downloaded as soon as it is stored, while the job makes the others', async () => {
    const made = await claim();
    const first = await store(made, 0);
    expect(await publishOutput(world.context, made, first)).toBe(true);
    expect(await statuses(made)).toEqual(['completed', 'pending', 'pending']);
    expect((await world.view(made.job.id)).status).toBe('processing');
    expect(await download(made, 'mp4')).toContain(first.path);
    expect(await readyEvents(made)).toEqual(['mp4']);
    await expect(download(made, 'mp3')).rejects.toMatchObject({ code: 'transcode_not_completed' });
  });

  it('is kept however long the other commands run, and the job completes with all of its outputs', async () => {
    const made = await claim();
    const first = await store(made, 0);
    await publishOutput(world.context, made, first);
    const second = await store(made, 1);
    await world.database.pg.query(
      `UPDATE objects SET created_at = now() - interval '3 hours', delete_after = delete_after - interval '3 hours'
       WHERE job_id = $1`,
      [made.job.id],
    );
    await sweepExpired(world.context);
    expect([await exists(first.path), await exists(second.path)]).toEqual([true, true]);
    const third = await store(made, 2);
    expect(await complete(made, [{ ...first, isPublished: true }, second, third])).toBe(true);
    expect(await statuses(made)).toEqual(['completed', 'completed', 'completed']);
    for (const name of ['mp4', 'mp3', 'wav']) expect(await download(made, name)).toContain('X-Amz-Expires=600');
    expect(await readyEvents(made)).toEqual(['mp4', 'mp3', 'wav']);
  });

  it('is neither reported nor billed as completed if its object has been deleted', async () => {
    const made = await claim();
    const outputs = [await store(made, 0), await store(made, 1), await store(made, 2)];
    await world.database.pg.query(`UPDATE objects SET state = 'deleted' WHERE id = $1`, [outputs[1]!.objectId]);
    await expect(complete(made, outputs)).rejects.toThrow('2 of 3 outputs can be made visible');
    expect((await world.row(made.job.id)).status).toBe('processing');
    expect(await statuses(made)).toEqual(['pending', 'pending', 'pending']);
    expect(await readyEvents(made)).toEqual([]);
  });

  it('is kept by the next attempt, whose claim shows which outputs are missing', async () => {
    const made = await claim();
    const first = await store(made, 0);
    const second = await store(made, 1);
    await publishOutput(world.context, made, first);
    await failAttempt(world.context, made, FAILURE, null);
    const again = await claimAgain(made);
    expect(again.outputs.map(({ status }) => status)).toEqual(['completed', 'pending', 'pending']);
    // The attempt that stored the second output has ended without publishing it.
    await sweepExpired(world.context);
    expect([await exists(first.path), await exists(second.path)]).toEqual([true, false]);
    expect(await complete(again, [await store(again, 1), await store(again, 2)])).toBe(true);
    expect(await download(again, 'mp4')).toContain(first.path);
  });

  it('is published once, even if the response to the commit is lost and the worker repeats it', async () => {
    const made = await claim();
    const first = await store(made, 0);
    expect(await publishOutput(world.context, made, first)).toBe(true);
    expect(await publishOutput(world.context, made, first)).toBe(true);
    expect(await readyEvents(made)).toEqual(['mp4']);
  });

  it('is not published by an attempt that was replaced', async () => {
    const made = await claim();
    const first = await store(made, 0);
    await releaseJob(world.context, made);
    const again = await claimAgain(made);
    expect(await publishOutput(world.context, made, first)).toBe(false);
    expect(await statuses(again)).toEqual(['pending', 'pending', 'pending']);
    await releaseJob(world.context, again);
  });

  it('is deleted if the job is canceled', async () => {
    const made = await claim();
    const first = await store(made, 0);
    await publishOutput(world.context, made, first);
    await cancelJob(world.context, made.job.account_id, 'transcode', made.job.id);
    await sweepExpired(world.context);
    expect(await exists(first.path)).toBe(false);
    expect(await statuses(made)).toEqual(['failed', 'failed', 'failed']);
    await expect(download(made, 'mp4')).rejects.toMatchObject({ code: 'transcode_canceled' });
  });

  it('can still be downloaded if the job fails in all attempts', async () => {
    const made = await claim();
    const first = await store(made, 0);
    await publishOutput(world.context, made, first);
    await failAttempt(world.context, made, { ...FAILURE, retry: false }, null);
    expect(await statuses(made)).toEqual(['completed', 'failed', 'failed']);
    expect(await download(made, 'mp4')).toContain(first.path);
    await sweepExpired(world.context);
    expect(await exists(first.path)).toBe(true);
  });
});

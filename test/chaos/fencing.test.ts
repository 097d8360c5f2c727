import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { completeJob, failAttempt, releaseJob } from '../../src/jobs/finish.ts';
import { beatAttempt, reportProgress } from '../../src/jobs/progress.ts';
import { recoverLost } from '../../src/jobs/recover.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import type { Job } from '../../src/jobs/rows.ts';
import { dropReserved } from '../../src/objects/objects.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const FAILURE = { code: 'internal', message: 'It broke.', retry: true } as const;
const PROGRESS = { progress: 0.5, speed: 1, fps: 25, etaSeconds: 3 };

describe('an attempt that was replaced', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  it('changes nothing when it resumes, and its output is deleted', async () => {
    const job = await world.accept(await world.account());
    const [stalled, successor] = [uuidv7(), uuidv7()];
    const late = await world.mustClaim(stalled);
    const lateOutput = await world.store(late);
    await recoverLost(world.context, [stalled]);
    const current = await world.mustClaim(successor);

    expect(await reportProgress(world.context, late, PROGRESS)).toBe(false);
    expect(await beatAttempt(world.context, late)).toBe(false);
    expect(await releaseJob(world.context, late)).toBe(false);
    expect(await failAttempt(world.context, late, FAILURE, null)).toBe(false);
    expect(await world.complete(late, lateOutput.objectId)).toBe(false);
    await dropReserved(world.context, lateOutput.objectId);
    expect(await world.context.store.head(lateOutput.key)).toBeNull();

    expect(await beatAttempt(world.context, current)).toBe(true);
    const output = await world.store(current);
    expect(await world.complete(current, output.objectId)).toBe(true);
    expect(await world.row(job.id)).toMatchObject({ status: 'completed' });
    expect(await world.outputs(job.id)).toMatchObject([{ status: 'completed', object_id: output.objectId }]);
    expect((await world.events(job.id)).filter((type) => type === 'completed')).toHaveLength(1);
    expect((await world.attempts(job.id)).map((attempt) => attempt.state)).toEqual(['lost', 'completed']);
  });

  it('leaves no output behind when it dies before it can delete its output', async () => {
    const job = await world.accept(await world.account());
    const worker = uuidv7();
    const { key } = await world.store(await world.mustClaim(worker));
    await recoverLost(world.context, [worker]);
    await sweepExpired(world.context);
    expect(await world.context.store.head(key)).toBeNull();
    expect(await world.row(job.id)).toMatchObject({ status: 'pending' });
    await cancelJob(world.context, job.account_id, 'transcode', job.id);
  });

  it('completes once, although the response to its commit was lost and it repeats the commit', async () => {
    const job = await world.accept(await world.account());
    const claim = await world.mustClaim();
    const { objectId, key } = await world.store(claim);
    expect(await world.complete(claim, objectId)).toBe(true);
    expect(await world.complete(claim, objectId)).toBe(true);
    await dropReserved(world.context, objectId);
    expect(await world.context.store.head(key)).not.toBeNull();
    expect((await world.events(job.id)).filter((type) => type === 'completed')).toHaveLength(1);
    const { rows } = await world.database.pg.query('SELECT jobs, minutes FROM usage_months WHERE account_id = $1', [
      job.account_id,
    ]);
    expect(rows).toEqual([{ jobs: 1, minutes: 2 }]);
  });
});

describe('a final state', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  const ends: Record<string, (world: JobWorld) => Promise<string>> = {
    async completed(world) {
      const job = await world.accept(await world.account());
      const claim = await world.mustClaim();
      await world.complete(claim, (await world.store(claim)).objectId);
      return job.id;
    },
    async failed(world) {
      const job = await world.accept(await world.account());
      await failAttempt(world.context, await world.mustClaim(), { ...FAILURE, retry: false }, null);
      return job.id;
    },
    async 'canceled while running'(world) {
      const job = await world.accept(await world.account());
      await world.mustClaim();
      await cancelJob(world.context, job.account_id, 'transcode', job.id);
      return job.id;
    },
    async 'canceled while waiting'(world) {
      const job = await world.accept(await world.account());
      await cancelJob(world.context, job.account_id, 'transcode', job.id);
      return job.id;
    },
  };

  it.each(Object.keys(ends))('never changes: %s', async (name) => {
    const id = await ends[name]!(world);
    const before = await world.row(id);
    const { rows: attempts } = await world.database.pg.query('SELECT * FROM attempts WHERE job_id = $1', [id]);
    const attempt = attempts[0] ?? { id: uuidv7(), worker_id: uuidv7(), number: 1 };
    const claim = {
      attemptId: attempt.id as string,
      number: 1,
      job: before,
      inputs: [],
      assets: [],
      outputs: await world.outputs(id),
    };
    const { objectId } = await world.store({ ...claim, attemptId: uuidv7() });
    const outputs = [{ outputId: claim.outputs[0]!.id, objectId, facts: {} as never }];
    const result = { outputs, plan: null, warnings: [], inputSeconds: 1, attempt: null };

    expect(await completeJob(world.context, claim, result)).toBe(false);
    expect(await failAttempt(world.context, claim, FAILURE, null)).toBe(false);
    expect(await releaseJob(world.context, claim)).toBe(false);
    expect(await reportProgress(world.context, claim, PROGRESS)).toBe(false);
    await expect(cancelJob(world.context, before.account_id, 'transcode', id)).rejects.toThrow(
      `Cannot cancel job in status: ${before.status}`,
    );
    await world.database.pg.query(`UPDATE attempts SET heartbeat_at = now() - interval '1 h' WHERE id = $1`, [
      attempt.id,
    ]);
    await recoverLost(world.context, [attempt.worker_id]);
    expect(await world.claim()).toBeNull();
    await sweepExpired(world.context);
    expect(await world.row(id)).toEqual(before);

    await eraseJob(world.context, before.account_id, 'transcode', id, { actor: 'cli' });
    const erased: Job = await world.row(id);
    expect(erased.status).toBe(before.status);
    expect(erased.erased_at).not.toBeNull();
  });

  it('is unique when cancel and finish race', async () => {
    const account = await world.account({ max_concurrent: 100 });
    const ended = { completed: 0, canceled: 0 };
    for (let round = 0; round < 25; round++) {
      const job = await world.accept(account);
      const claim = await world.mustClaim();
      const { objectId, key } = await world.store(claim);
      const finish = async () => {
        const won = await world.complete(claim, objectId);
        if (!won) await dropReserved(world.context, objectId);
        return won;
      };
      const cancel = async () => {
        try {
          return Boolean(await cancelJob(world.context, account.id, 'transcode', job.id));
        } catch {
          return false;
        }
      };
      // Each of the two starts first in half of the rounds.
      const [first, second] = round % 2 === 0 ? [finish, cancel] : [cancel, finish];
      const ends = await Promise.all([first(), second()]);
      const [finished, canceled] = round % 2 === 0 ? ends : [ends[1], ends[0]];
      expect([finished, canceled].filter(Boolean)).toHaveLength(1);
      const { status } = await world.row(job.id);
      expect(status).toBe(finished ? 'completed' : 'canceled');
      ended[status as 'completed']++;
      expect(await world.events(job.id)).toEqual(['queued', 'started', status]);
      expect((await world.context.store.head(key)) !== null).toBe(finished);
      expect((await world.attempts(job.id)).map((attempt) => attempt.state)).toEqual([status]);
    }
    expect(ended.completed + ended.canceled).toBe(25);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { until } from '../../testkit/until.ts';
import { beatAttempt } from './progress.ts';
import { recoverLost } from './recover.ts';

describe('the recovery of lost attempts', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  it('keeps an attempt whose worker sends a heartbeat while the recovery waits for the job', async () => {
    const { db, pg } = world.database;
    const job = await world.accept(await world.account());
    const claim = await world.mustClaim();
    await pg.query(`UPDATE attempts SET heartbeat_at = now() - interval '31 seconds' WHERE id = $1`, [claim.attemptId]);
    let recovering: Promise<number> | undefined;
    await db.transaction().execute(async (tx) => {
      await tx.selectFrom('jobs').select('id').where('id', '=', job.id).forUpdate().execute();
      recovering = recoverLost(world.context, []);
      const waiting = `SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()`;
      await until(async () => (await pg.query(waiting)).rowCount, { what: 'the recovery to wait for the job' });
      expect(await beatAttempt(world.context, claim)).toBe(true);
    });
    await recovering;
    expect(await world.row(job.id)).toMatchObject({ status: 'processing', current_attempt: claim.attemptId });
    expect(await world.attempts(job.id)).toMatchObject([{ state: 'running' }]);
  });
});

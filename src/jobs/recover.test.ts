import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { until } from '../../testkit/until.ts';
import { removeWorkFolder } from '../attempt/sources/stage-source.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { releaseJob } from './finish.ts';
import { beatAttempt } from './progress.ts';
import { findUnknown, recoverLost, releaseUnknown } from './recover.ts';

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

describe('an attempt that could not record the removal of its work folder when it ended', () => {
  let world: JobWorld;
  let workDir: string;
  beforeAll(async () => {
    world = await makeJobWorld();
    workDir = await mkdtemp(join(tmpdir(), 'airlock-recover-'));
  });
  afterAll(async () => {
    await world?.close();
    await rm(workDir, { recursive: true, force: true });
  });

  /** Ends an attempt without removing its work folder. Returns its id and a function that cleans up like the heartbeat of its worker. */
  async function end() {
    await world.accept(await world.account());
    const worker = uuidv7();
    const claim = await world.mustClaim(worker);
    const { attemptId } = claim;
    await mkdir(join(workDir, attemptId));
    await world.database.pg.query(`UPDATE attempts SET started_at = now() - interval '6 s' WHERE id = $1`, [attemptId]);
    await releaseJob(world.context, claim);
    const cleanUp = async (folder: string, running = new Set<string>()) => {
      const unknown = await findUnknown(world.context.db, worker, running);
      await releaseUnknown(world.context, unknown, (id) => removeWorkFolder(folder, id));
    };
    return { attemptId, cleanUp };
  }

  const isCleaned = async (attemptId: string) => {
    const { rows } = await world.database.pg.query('SELECT cleaned_at FROM attempts WHERE id = $1', [attemptId]);
    return rows[0].cleaned_at !== null;
  };
  const hasFolder = (attemptId: string) =>
    access(join(workDir, attemptId)).then(
      () => true,
      () => false,
    );

  it('is cleaned up by the heartbeat of its worker, but not before it stops running', async () => {
    const { attemptId, cleanUp } = await end();
    await cleanUp(workDir, new Set([attemptId]));
    expect([await isCleaned(attemptId), await hasFolder(attemptId)]).toEqual([false, true]);
    await cleanUp(workDir);
    expect([await isCleaned(attemptId), await hasFolder(attemptId)]).toEqual([true, false]);
  });

  it('is not recorded as cleaned up if its folder cannot be removed', async () => {
    const { attemptId, cleanUp } = await end();
    const file = join(workDir, 'file');
    await writeFile(file, '');
    await cleanUp(file);
    expect(await isCleaned(attemptId)).toBe(false);
  });
});

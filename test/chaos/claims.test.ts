import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { failAttempt, releaseJob } from '../../src/jobs/finish.ts';
import { findUnknown, recoverLost, releaseUnknown } from '../../src/jobs/recover.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

describe('claims', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  it('never exceed the limit of an account’s running jobs, with eight concurrent claimers', async () => {
    const limits = [2, 3];
    const accounts = await Promise.all(limits.map((max_concurrent) => world.account({ max_concurrent })));
    const jobs: string[] = [];
    for (let round = 0; round < 12; round++) {
      for (const account of accounts) jobs.push((await world.accept(account)).id);
    }
    const claimEight = async () => {
      const claims = await Promise.all(Array.from({ length: 8 }, () => world.claim()));
      return claims.filter((claim) => claim !== null);
    };
    const running = async () => {
      const { rows } = await world.database.pg.query(
        `SELECT account_id, count(*) FROM jobs WHERE status = 'processing' GROUP BY account_id`,
      );
      return accounts.map((account) => rows.find((row) => row.account_id === account.id)?.count ?? 0);
    };
    const claimed: string[] = [];
    let open = await claimEight();
    expect(await running()).toEqual(limits);
    while (open.length > 0) {
      const ending = open.map(async (claim) => {
        claimed.push(claim.job.id);
        const { objectId } = await world.store(claim);
        expect(await world.complete(claim, objectId)).toBe(true);
      });
      // Claims while attempts are ending, so that some claims find a free slot of the account and others do not.
      const [next] = await Promise.all([claimEight(), ...ending]);
      open = [...next, ...(await claimEight())];
      for (const [index, count] of (await running()).entries()) expect(count).toBeLessThanOrEqual(limits[index]!);
    }
    expect(claimed.sort()).toEqual(jobs.sort());
    for (const id of jobs) expect(await world.events(id)).toEqual(['queued', 'started', 'completed']);
  });

  it('return the oldest job first, and another account’s job if the first account is at its limit', async () => {
    const [busy, other] = [await world.account({ max_concurrent: 1 }), await world.account()];
    const [first, second] = [await world.accept(busy), await world.accept(busy)];
    const third = await world.accept(other);
    expect((await world.mustClaim()).job.id).toBe(first.id);
    const next = await world.mustClaim();
    expect(next.job.id).toBe(third.id);
    expect(await world.claim()).toBeNull();
    await releaseJob(world.context, next);
    expect((await world.mustClaim()).job.id).toBe(third.id);
    await world.database.pg.query(`UPDATE accounts SET max_concurrent = 2 WHERE id = $1`, [busy.id]);
    expect((await world.mustClaim()).job.id).toBe(second.id);
  });

  it('return a job again after its worker is known to be dead, and the job fails after three attempts', async () => {
    const job = await world.accept(await world.account());
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(await world.row(job.id)).toMatchObject({ status: 'pending' });
      const worker = uuidv7();
      expect((await world.mustClaim(worker)).number).toBe(attempt);
      expect(await recoverLost(world.context, [worker])).toBe(1);
    }
    expect(await world.row(job.id)).toMatchObject({
      status: 'failed',
      error_code: 'worker_lost',
    });
    expect((await world.view(job.id)).error_message).toBe('The worker died in each of 3 attempts.');
    expect(await world.claim()).toBeNull();
    expect(await world.attempts(job.id)).toEqual(
      [1, 2, 3].map((number) => ({ number, state: 'lost', error_code: 'worker_lost' })),
    );
    expect((await world.events(job.id)).filter((type) => type === 'failed')).toHaveLength(1);
  });

  it('return a released job before newer jobs', async () => {
    const account = await world.account();
    const [first, second, third] = [
      await world.accept(account),
      await world.accept(account),
      await world.accept(account),
    ];
    await releaseJob(world.context, await world.mustClaim());
    const worker = uuidv7();
    expect((await world.mustClaim(worker)).job.id).toBe(first.id);
    await recoverLost(world.context, [worker]);
    expect((await world.mustClaim()).job.id).toBe(first.id);
    expect((await world.mustClaim()).job.id).toBe(second.id);
    expect((await world.mustClaim()).job.id).toBe(third.id);
  });

  it('return the job of a worker without a heartbeat again after 30 seconds, but not earlier', async () => {
    const job = await world.accept(await world.account());
    const claim = await world.mustClaim();
    const silentFor = (seconds: number) =>
      world.database.pg.query(`UPDATE attempts SET heartbeat_at = now() - make_interval(secs => $2) WHERE id = $1`, [
        claim.attemptId,
        seconds,
      ]);
    await silentFor(28);
    expect(await recoverLost(world.context, [])).toBe(0);
    await silentFor(31);
    // Two concurrent sweeps return the job to the queue only once.
    await Promise.all([recoverLost(world.context, []), recoverLost(world.context, [])]);
    expect((await world.events(job.id)).filter((type) => type === 'retrying')).toHaveLength(1);
    expect((await world.mustClaim()).job.id).toBe(job.id);
    expect(await world.claim()).toBeNull();
  });

  it('lose no attempt that could not send heartbeats because the database did not respond', async () => {
    const job = await world.accept(await world.account());
    const worker = uuidv7();
    const claim = await world.mustClaim(worker);
    const { pg } = world.database;
    await pg.query(`UPDATE attempts SET heartbeat_at = now() - interval '40 seconds' WHERE id = $1`, [claim.attemptId]);
    const recoverAfter = async (since: number, until: number) => {
      const times = 'SELECT now() - make_interval(secs => $1) AS since, now() - make_interval(secs => $2) AS until';
      const { rows } = await pg.query(times, [since, until]);
      return recoverLost(world.context, [], rows[0]);
    };
    // The database has not responded yet, has only just responded, or may not have responded for the last seconds.
    expect(await recoverLost(world.context, [], null)).toBe(0);
    for (const [since, until] of [
      [0, 0],
      [29, 0],
      [300, 16],
    ] as const)
      expect(await recoverAfter(since, until)).toBe(0);
    expect(await world.row(job.id)).toMatchObject({ status: 'processing', current_attempt: claim.attemptId });
    expect(await recoverAfter(31, 5)).toBe(1);
    const next = await world.mustClaim(worker);
    expect(next.job.id).toBe(job.id);
    expect(await recoverLost(world.context, [worker], null)).toBe(1);
    const last = await world.mustClaim(worker);
    await failAttempt(world.context, last, { code: 'internal', message: 'x', retry: false }, null);
  });

  it('return a job again whose claim was committed but never reached its worker, and do not count this attempt', async () => {
    const job = await world.accept(await world.account());
    const worker = uuidv7();
    const known = await world.mustClaim(worker);
    const other = await world.accept(await world.account());
    const lost = await world.mustClaim(worker);
    expect([known.job.id, lost.job.id]).toEqual([job.id, other.id]);
    const release = async () =>
      releaseUnknown(
        world.context,
        await findUnknown(world.database.db, worker, new Set([known.attemptId])),
        async () => {},
      );
    expect(await release()).toBe(0);
    await world.database.pg.query(`UPDATE attempts SET started_at = now() - interval '6 s' WHERE worker_id = $1`, [
      worker,
    ]);
    expect(await release()).toBe(1);
    expect(await world.row(job.id)).toMatchObject({ status: 'processing' });
    expect((await world.attempts(other.id)).map(({ state }) => state)).toEqual(['released']);
    expect((await world.mustClaim()).job.id).toBe(other.id);
    await releaseJob(world.context, known);
    expect((await world.mustClaim()).job.id).toBe(job.id);
  });

  it('do not count attempts that a draining worker released', async () => {
    const job = await world.accept(await world.account());
    for (let round = 0; round < 5; round++) expect(await releaseJob(world.context, await world.mustClaim())).toBe(true);
    const claim = await world.mustClaim();
    expect(claim.job.id).toBe(job.id);
    const { objectId } = await world.store(claim);
    expect(await world.complete(claim, objectId)).toBe(true);
    expect((await world.attempts(job.id)).map((attempt) => attempt.state)).toEqual([
      ...Array(5).fill('released'),
      'completed',
    ]);
  });

  it('return a job again after temporary failures, with growing delays and at most three attempts, but not after a permanent failure', async () => {
    const failure = { code: 'source_error', message: 'The source responded with 503.' } as const;
    const account = await world.account();
    const job = await world.accept(account);
    for (const delay of [2, 4]) {
      await failAttempt(world.context, await world.mustClaim(), { ...failure, retry: true }, null);
      const waiting = await world.row(job.id);
      expect(waiting).toMatchObject({ status: 'pending', current_attempt: null, error_code: null });
      expect(await world.claim()).toBeNull();
      const { rows } = await world.database.pg.query(
        'SELECT extract(epoch FROM available_at - updated_at) AS delay FROM jobs WHERE id = $1',
        [job.id],
      );
      expect(Number(rows[0].delay)).toBeCloseTo(delay, 0);
      await world.skipDelays();
    }
    await failAttempt(world.context, await world.mustClaim(), { ...failure, retry: true }, null);
    expect(await world.row(job.id)).toMatchObject({ status: 'failed', error_code: 'source_error' });

    const bad = await world.accept(account);
    const rejection = { code: 'invalid_media', message: 'It is cut off.', retry: false } as const;
    await failAttempt(world.context, await world.mustClaim(), rejection, null);
    expect(await world.row(bad.id)).toMatchObject({ status: 'failed', error_code: 'invalid_media', attempts: 1 });
  });

  it('succeed on open connections before and after a migration that adds a column to every table', async () => {
    const account = await world.account();
    const run = async () => {
      await world.accept(account);
      const claim = await world.mustClaim();
      expect(await world.complete(claim, (await world.store(claim)).objectId)).toBe(true);
      expect(await world.view(claim.job.id)).toMatchObject({ status: 'completed' });
    };
    await world.database.pg.query(`UPDATE jobs SET status = 'canceled' WHERE status = 'pending'`);
    await Promise.all([run(), run(), run(), run()]);
    const { rows } = await world.database.pg.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    for (const { tablename } of rows) await world.database.pg.query(`ALTER TABLE ${tablename} ADD COLUMN later text`);
    await Promise.all([run(), run(), run(), run()]);
  });
});

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { until } from '../../testkit/until.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { findUnknown, releaseUnknown } from '../jobs/recover.ts';
import type { Claim } from '../jobs/rows.ts';
import { createFetchPermits } from './fetch-permits.ts';
import { RunningAttempts } from './running-attempts.ts';
import type { SlotLeases } from './slot-leases.ts';
import { createWorkSource } from './work-source.ts';

interface SourceOptions {
  /** Measures the disk before each claim. */
  freeBytes?: () => Promise<number>;
  isFull?: SlotLeases['isFull'];
}

/** Opens the work of slots. Claimed jobs are added to `claimed` and `running`, and never run. */
function openSource(world: JobWorld, { freeBytes = async () => 2 ** 50, isFull = () => false }: SourceOptions = {}) {
  const permits = createFetchPermits({ slots: 2, freeBytes });
  const claimed: Claim[] = [];
  const running = new RunningAttempts();
  const worker = uuidv7();
  const start: SlotLeases['start'] = async (claim) => {
    running.add(claim);
    claimed.push(claim);
  };
  const state = { canClaim: true };
  const source = createWorkSource(
    { context: world.context, canClaim: () => state.canClaim, running },
    { worker: { id: worker, tier: 'bwrap' } },
    permits,
    { start, resume: () => null, isFull },
  );
  return { source, claimed, state, running, worker };
}

describe('a worker that stops', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterEach(async () => {
    await world.database.pg.query('DELETE FROM jobs');
  });
  afterAll(() => world?.close());

  it('claims no job for slots whose claims still wait for their turn', async () => {
    const job = await world.accept(await world.account());
    let stop = () => {};
    // The worker stops while the first claim measures the disk and the second claim waits for the first.
    const { source, claimed, state } = openSource(world, {
      freeBytes: async () => {
        stop();
        return 2 ** 50;
      },
    });
    stop = () => {
      state.canClaim = false;
    };
    expect(await Promise.all([0, 1].map((slot) => source.ofSlot(slot)(['light'])))).toEqual([false, false]);
    expect(claimed).toEqual([]);
    expect((await world.row(job.id)).status).toBe('pending');
  });

  it('waits for a claim that has reached the database before it releases jobs', async () => {
    const { db, pg } = world.database;
    const job = await world.accept(await world.account());
    const { source, claimed, state } = openSource(world);
    let settled: Promise<void> | undefined;
    let isSettled = false;
    await db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE`.execute(tx);
      void source.ofSlot(0)(['light']);
      const waiting = `SELECT FROM pg_locks WHERE relation = 'jobs'::regclass AND NOT granted`;
      await until(async () => (await pg.query(waiting)).rowCount, { what: 'the claim to wait' });
      state.canClaim = false;
      settled = source.settled().then(() => {
        isSettled = true;
      });
      await sql`SELECT`.execute(tx);
      expect(isSettled).toBe(false);
    });
    await settled;
    expect(claimed.map((claim) => claim.job.id)).toEqual([job.id]);
  });
});

describe('the claims of a worker', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  it('serve the accounts of interactive jobs in turn, however many older jobs one account has', async () => {
    const many = await world.account();
    const few = await world.account();
    const accept = async (account: typeof many) => (await world.accept(account, {}, [], 'interactive')).id;
    const first = await accept(many);
    const second = await accept(many);
    const third = await accept(many);
    const other = await accept(few);
    const last = await accept(few);
    const { source, claimed } = openSource(world);
    const work = source.ofSlot(0);
    while (await work(['interactive']));
    expect(claimed.map(({ job }) => job.id)).toEqual([first, other, second, last, third]);
  });

  it('leave jobs with sources to fetch in the queue while too many fetched jobs of the account wait for a slot', async () => {
    const full = await world.account();
    const other = await world.account();
    const waiting = await world.accept(full);
    const next = await world.accept(other);
    const { source, claimed } = openSource(world, { isFull: (_, account) => account === full.id });
    const work = source.ofSlot(0);
    while (await work(['light']));
    expect(claimed.map(({ job }) => job.id)).toEqual([next.id]);
    expect((await world.row(waiting.id)).status).toBe('pending');
  });

  it('keep their attempts if reading the rows of the job takes more than five seconds', async () => {
    const { db, pg } = world.database;
    await pg.query('DELETE FROM jobs');
    const { id } = await world.accept(await world.account());
    const { source, claimed, running, worker } = openSource(world);
    let working: Promise<boolean> | undefined;
    const release = async () => releaseUnknown(world.context, await findUnknown(db, worker, running), async () => {});
    await db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE job_sources IN ACCESS EXCLUSIVE MODE`.execute(tx);
      working = source.ofSlot(0)(['light']);
      const waiting = `SELECT FROM pg_locks WHERE relation = 'job_sources'::regclass AND NOT granted`;
      await until(async () => (await pg.query(waiting)).rowCount, { what: 'the claim to read the sources' });
      await pg.query(`UPDATE attempts SET started_at = now() - interval '6 s' WHERE job_id = $1`, [id]);
      expect(await release()).toBe(0);
    });
    await working;
    expect(claimed.map((claim) => claim.job.id)).toEqual([id]);
    expect(await release()).toBe(0);
    expect(await world.row(id)).toMatchObject({ status: 'processing', current_attempt: claimed[0]!.attemptId });
    const { rows } = await pg.query('SELECT cleaned_at FROM attempts WHERE job_id = $1', [id]);
    expect(rows).toEqual([{ cleaned_at: null }]);
  });
});

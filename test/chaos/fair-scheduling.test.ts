import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../src/accounts/accounts.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { openPool } from '../../src/database/pool.ts';
import { registerWorker } from '../../src/fleet/workers.ts';
import { claimJob, classesWithWork } from '../../src/jobs/claim.ts';
import { failAttempt } from '../../src/jobs/finish.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import type { Claim } from '../../src/jobs/rows.ts';
import { randomOf } from '../../testkit/random.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { openDatabaseProxy } from '../helpers/tcp-proxy.ts';

describe('claims in fair order', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());
  // Removes jobs that other tests left behind from the schedule.
  beforeEach(async () => {
    await world.database.pg.query(`UPDATE jobs SET status = 'canceled' WHERE status IN ('pending', 'processing')`);
  });

  const claim = (mayFetch?: (accountId: string) => boolean, context: JobsContext = world.context) =>
    claimJob(context, 'light', { worker: { id: uuidv7(), tier: 'bwrap' }, ...(mayFetch && { mayFetch }) });
  const acceptMany = async (account: Account, count: number) => {
    const jobs: string[] = [];
    for (let index = 0; index < count; index++) jobs.push((await world.accept(account)).id);
    return jobs;
  };

  it('choose the account with the fewest running jobs, and among equal accounts the oldest entry', async () => {
    const [greedy, modest, third] = [await world.account(), await world.account(), await world.account()];
    const greeds = await acceptMany(greedy, 5);
    expect((await claim())!.job.id).toBe(greeds[0]);
    expect((await claim())!.job.id).toBe(greeds[1]);
    const modests = await acceptMany(modest, 2);
    const thirds = await acceptMany(third, 1);
    const order: string[] = [];
    for (let next = await claim(); next; next = await claim()) order.push(next.job.id);
    // The numbers of running jobs are 2, 0 and 0 at first. At 2, 2 and 1, only the first account still has waiting jobs.
    expect(order).toEqual([modests[0], thirds[0], modests[1], greeds[2], greeds[3], greeds[4]]);
  });

  it('all choose one account while no other account waits', async () => {
    const jobs = await acceptMany(await world.account(), 10);
    for (const id of jobs) expect((await claim())!.job.id).toBe(id);
  });

  it('skip an account whose jobs are not due yet', async () => {
    const [healing, busy] = [await world.account(), await world.account()];
    await world.accept(healing);
    const failure = { code: 'source_error', message: 'The source responded with 503.', retry: true } as const;
    await failAttempt(world.context, (await claim())!, failure, null);
    const jobs = await acceptMany(busy, 3);
    for (const id of jobs) expect((await claim())!.job.id).toBe(id);
    expect(await claim()).toBeNull();
    await world.skipDelays();
    expect((await claim())!.job.account_id).toBe(healing.id);
  });

  it('choose no job before the delay of its retry ends, and no account that has reached its limit', async () => {
    const due = () => classesWithWork(world.context.db, world.context.kinds);
    expect(await due()).toEqual([]);
    const account = await world.account({ max_concurrent: 1 });
    await acceptMany(account, 2);
    expect(await due()).toEqual(['light']);
    const failure = { code: 'source_error', message: 'The source responded with 503.', retry: true } as const;
    const first = await claim();
    expect(await due()).toEqual([]);
    await failAttempt(world.context, first!, failure, null);
    expect(await due()).toEqual(['light']);
    await claim();
    expect(await due()).toEqual([]);
    await world.skipDelays();
    expect(await due()).toEqual([]);
  });

  it('skip only the account whose next job needs a fetch permit that it cannot get', async () => {
    const [fetching, other] = [await world.account(), await world.account()];
    const [waits] = await acceptMany(fetching, 1);
    const { fileUrl } = await world.upload(other);
    const uploaded = await world.accept(other, { inputs: [{ url: fileUrl }] });
    const nobody = () => false;
    expect((await claim(nobody))!.job.id).toBe(uploaded.id);
    expect(await claim(nobody)).toBeNull();
    expect(await world.row(waits!)).toMatchObject({ status: 'pending', attempts: 0 });
    expect((await claim())!.job.id).toBe(waits);
  });

  it('choose the job with the highest priority within an account, then its oldest job, but no account ahead of another', async () => {
    const [urgent, other] = [await world.account(), await world.account()];
    const [first] = await acceptMany(urgent, 1);
    const low = (await world.accept(urgent, { priority: -10 })).id;
    const high = [await world.accept(urgent, { priority: 10 }), await world.accept(urgent, { priority: 10 })];
    const [others] = await acceptMany(other, 1);
    const expected = [high[0]!.id, others, high[1]!.id, first, low];
    const positions = await Promise.all(expected.map(async (id) => (await world.view(id!)).queue_position));
    expect(positions).toEqual([1, 2, 3, 4, 5]);
    expect((await world.view(low)).priority).toBe(-10);
    const order: string[] = [];
    for (let next = await claim(); next; next = await claim()) order.push(next.job.id);
    expect(order).toEqual(expected);
  });

  it('choose a job of lower priority while the job of the highest priority waits for its delay', async () => {
    const account = await world.account();
    const high = await world.accept(account, { priority: 10 });
    const failure = { code: 'source_error', message: 'The source responded with 503.', retry: true } as const;
    await failAttempt(world.context, (await claim())!, failure, null);
    const [low] = await acceptMany(account, 1);
    expect((await claim())!.job.id).toBe(low);
    expect(await claim()).toBeNull();
    await world.skipDelays();
    expect((await claim())!.job.id).toBe(high.id);
  });

  it('lock no account when their process is stopped while it waits for its turn', async () => {
    const account = await world.account();
    // The inputs are uploads, because the claim of a job whose source must be fetched sends another query.
    const inputs = [{ url: (await world.upload(account)).fileUrl }];
    const jobs = [(await world.accept(account, { inputs })).id, (await world.accept(account, { inputs })).id];
    const proxy = await openDatabaseProxy(world.database.url);
    const stopped = openPool(proxy.url, { max: 1, role: 'stopped', onError: () => {} });
    const holder = await world.database.pg.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM account_schedule WHERE account_id = $1 FOR UPDATE', [account.id]);
    claim(undefined, { ...world.context, db: stopped.db }).catch(() => {});
    const waits = `SELECT FROM pg_stat_activity WHERE application_name = 'airlock-stopped' AND wait_event_type = 'Lock'`;
    await until(async () => (await world.database.pg.query(waits)).rowCount === 1, { what: 'a claim to wait' });
    proxy.mute();
    await holder.query('COMMIT');
    holder.release();
    const began = performance.now();
    expect(jobs).toContain((await claim())!.job.id);
    expect(performance.now() - began).toBeLessThan(20_000);
    // The server also completes the claim of the stopped process.
    await until(async () => (await Promise.all(jobs.map(world.row))).every(({ status }) => status === 'processing'), {
      what: 'both claims',
    });
    await proxy.cut();
    await stopped.close();
  });

  describe('for heavy jobs', () => {
    const claimHeavy = (context: JobsContext = world.context) =>
      claimJob(context, 'heavy', { worker: { id: uuidv7(), tier: 'bwrap' } });
    const acceptHeavy = (account: Account) => world.accept(account, {}, [], 'heavy');
    const acceptHeavies = (account: Account, count: number) =>
      Promise.all(Array.from({ length: count }, () => acceptHeavy(account)));
    const claimAll = async () => {
      const claims: Claim[] = [];
      for (let next = await claimHeavy(); next; next = await claimHeavy()) claims.push(next);
      return claims;
    };
    const runningOf = (claims: Claim[], account: Account) =>
      claims.filter(({ job }) => job.account_id === account.id).length;
    /** Replaces all workers with one worker for each entry, which is the number of its heavy slots. */
    const setFleet = async (slots: number[]) => {
      await world.database.pg.query('DELETE FROM workers');
      for (const heavy of slots) {
        await registerWorker(world.context.db, {
          ...{
            id: uuidv7(),
            host: 'h',
            boot: 'b',
            pid: 1,
            pid_start: '1',
            version: 'test',
            tier: 'bwrap',
            ffmpeg: '7',
          },
          ...{ slots: heavy + 1, heavy_slots: heavy },
        });
      }
    };
    const forget = () => world.database.pg.query('UPDATE account_schedule SET heavy_at = NULL');
    beforeEach(forget);
    afterAll(() => world.database.pg.query('DELETE FROM workers'));

    it('leave one slot of the fleet to other accounts while another account is active', async () => {
      await setFleet([2, 2]);
      const [greedy, modest] = [await world.account(), await world.account()];
      await acceptHeavies(greedy, 6);
      const claims = await claimAll();
      // No other account is active, so the account gets all slots.
      expect(claims).toHaveLength(6);
      await world.database.pg.query(`UPDATE jobs SET status = 'canceled' WHERE status = 'processing'`);

      const visit = await acceptHeavy(modest);
      await acceptHeavies(greedy, 6);
      const shared = await claimAll();
      expect([runningOf(shared, greedy), runningOf(shared, modest)]).toEqual([3, 1]);
      expect(shared.map(({ job }) => job.id)).toContain(visit.id);
      expect(await classesWithWork(world.context.db, world.context.kinds)).toEqual([]);
      const [, stored] = [visit, await world.store(shared.find(({ job }) => job.id === visit.id)!)];
      expect(await world.complete(shared.find(({ job }) => job.id === visit.id)!, stored.objectId)).toBe(true);
      // The slot is kept for the account that had a job recently, but only while this account counts as active.
      expect(await claimHeavy()).toBeNull();
      await world.database.pg.query(`UPDATE account_schedule SET heavy_at = now() - interval '6 minutes'`);
      expect(await classesWithWork(world.context.db, world.context.kinds)).toEqual(['heavy']);
      expect((await claimHeavy())!.job.account_id).toBe(greedy.id);
    });

    it.each([
      { what: 'one heavy slot has no share to give', fleet: [1], expected: 3 },
      { what: 'two leave one', fleet: [1, 1], expected: 1 },
      { what: 'workers that are unknown restrict nothing', fleet: [], expected: 3 },
    ])('claims for heavy jobs depend on the size of the fleet: $what', async ({ fleet, expected }) => {
      await setFleet(fleet);
      const [greedy, idle] = [await world.account(), await world.account()];
      await world.complete(...(await finishOne(idle)));
      await acceptHeavies(greedy, 3);
      expect(await claimAll()).toHaveLength(expected);

      async function finishOne(account: Account): Promise<[Claim, string]> {
        await acceptHeavy(account);
        const started = (await claimHeavy())!;
        return [started, (await world.store(started)).objectId];
      }
    });

    it('preserve the exact share while several processes claim concurrently', async () => {
      await setFleet([4, 4]);
      const accounts = [await world.account(), await world.account()];
      await acceptHeavies(accounts[0]!, 12);
      await acceptHeavies(accounts[1]!, 2);
      const processes = await Promise.all(Array.from({ length: 3 }, () => openProcess(world)));
      const claims = await Promise.all(Array.from({ length: 12 }, (_, n) => claimHeavy(processes[n % 3]!.context)));
      const started = claims.filter((one) => one !== null);
      expect(accounts.map((account) => runningOf(started, account))).toEqual([7, 2]);
      await Promise.all(processes.map((process) => process.close()));
    });
  });

  it.each([1, 2, 3, 4, 5, 6])('stay fair with several concurrent workers and clients (seed %i)', async (seed) => {
    const random = randomOf(seed);
    const accounts: Account[] = [];
    for (let index = 0; index < 4; index++) accounts.push(await world.account({ max_concurrent: random.int(2, 8) }));
    const processes = await Promise.all(Array.from({ length: 3 }, () => openProcess(world)));
    const counts = async (status: string) => {
      const { rows } = await world.database.pg.query(
        'SELECT account_id, count(*)::int AS n FROM jobs WHERE status = $1 GROUP BY account_id',
        [status],
      );
      return accounts.map(({ id }) => Number(rows.find((row) => row.account_id === id)?.n ?? 0));
    };
    const claimed: string[] = [];
    for (let round = 0; round < 3; round++) {
      // Jobs are created account by account, so that the oldest entries belong to one account.
      for (const account of accounts) await acceptMany(account, random.int(2, 8));
      const before = await counts('processing');
      const claims = (
        await Promise.all(
          Array.from({ length: random.int(3, 9) }, (_, n) => claim(undefined, processes[n % 3]!.context)),
        )
      ).filter((one) => one !== null);
      const [running, waiting] = [await counts('processing'), await counts('pending')];
      const gained = running.map((count, index) => count - before[index]!);
      expect(claims).toHaveLength(gained.reduce((sum, count) => sum + count, 0));
      for (const [other, account] of accounts.entries()) {
        expect(running[other]).toBeLessThanOrEqual(account.max_concurrent);
        if (waiting[other] === 0 || running[other] === account.max_concurrent) continue;
        // No waiting account below its limit has fewer running jobs than the chosen account had.
        for (const [index, count] of running.entries()) {
          if (gained[index]! > 0) expect(count - 1).toBeLessThanOrEqual(running[other]!);
        }
      }
      claimed.push(...claims.map((one) => one.job.id));
      await Promise.all(
        claims
          .filter(() => random.int(0, 1) === 1)
          .map(async (one) => {
            expect(await world.complete(one, (await world.store(one)).objectId)).toBe(true);
          }),
      );
    }
    expect(new Set(claimed).size).toBe(claimed.length);
    await Promise.all(processes.map((process) => process.close()));
  });

  it('do not scan all 5,000 waiting jobs of 100 accounts', async () => {
    const account = await world.account();
    const template = await world.accept(account);
    await fill(world, template.id, await copiesOf(world, account.id, 100), 50);
    const { pg } = world.database;
    await pg.query('ANALYZE jobs, job_sources, account_schedule');
    const scanned = async () => {
      await world.database.flushStatistics();
      const { rows } = await pg.query(
        `SELECT coalesce(sum(seq_tup_read), 0)::int AS n FROM pg_stat_user_tables WHERE relname <> 'accounts'`,
      );
      return Number(rows[0].n);
    };
    const before = await scanned();
    const times: number[] = [];
    for (let index = 0; index < 30; index++) {
      const began = performance.now();
      expect(await claim()).not.toBeNull();
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    console.info(`a claim: median ${times[15]!.toFixed(1)} ms, most ${times[29]!.toFixed(1)} ms`);
    expect((await scanned()) - before).toBeLessThan(5_000);
    // Five thousand rows with all their indexes take a while on a busy machine.
  }, 180_000);
});

/** Opens a separate pool on the same database, as another process would. */
async function openProcess(world: JobWorld): Promise<{ context: JobsContext; close(): Promise<void> }> {
  const pool = openPool(world.database.url, { max: 4, role: 'test', onError: () => {} });
  return {
    context: { ...world.context, db: pool.db },
    async close() {
      await pool.close();
    },
  };
}

/** Creates copies of an account, and returns their ids. */
async function copiesOf(world: JobWorld, account: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await world.database.pg.query(
    `INSERT INTO accounts SELECT (jsonb_populate_record(old, jsonb_build_object('id', made.id, 'name', made.id))).*
     FROM accounts old, unnest($2::uuid[]) AS made (id) WHERE old.id = $1`,
    [account, ids],
  );
  return ids;
}

/** Copies a waiting job with its input `each` times for every account, one account after the other. */
async function fill(world: JobWorld, template: string, accounts: string[], each: number): Promise<void> {
  const { pg } = world.database;
  const jobs = accounts.flatMap((account, first) =>
    Array.from({ length: each }, (_, second) => ({
      account,
      id: randomUUID(),
      n: first * each + second,
    })),
  );
  const columns = [jobs.map((job) => job.id), jobs.map((job) => job.account), jobs.map((job) => job.n)];
  const made = `unnest($2::uuid[], $3::uuid[], $4::int[]) AS made (id, account, n)`;
  await pg.query(
    `INSERT INTO jobs SELECT (jsonb_populate_record(old, jsonb_build_object(
       'id', made.id, 'account_id', made.account, 'created_at', old.created_at + made.n * interval '1 ms',
       'available_at', old.created_at))).*
     FROM jobs old, ${made} WHERE old.id = $1`,
    [template, ...columns],
  );
  await pg.query(
    `INSERT INTO job_sources SELECT (jsonb_populate_record(old, jsonb_build_object('job_id', made.id))).*
     FROM job_sources old, ${made} WHERE old.job_id = $1`,
    [template, ...columns],
  );
}

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { readStranded } from '../fleet/capabilities.ts';
import { kinds } from '../kinds/registry.ts';
import { type ClaimingWorker, claimJob, classesWithWork } from './claim.ts';
import type { JobsContext } from './kind.ts';

const SPEECH = 'transcription:base-q8_0';
const plain: ClaimingWorker = { id: randomUUID(), tier: 'bwrap' };
const capable: ClaimingWorker = { id: randomUUID(), tier: 'bwrap', capabilities: [SPEECH, 'other'] };

let database: TestDatabase;
let context: JobsContext;
beforeAll(async () => {
  database = await makeDatabase();
  context = { db: database.db, kinds } as unknown as JobsContext;
});
afterAll(() => database?.drop());

const query = (text: string, values: unknown[] = []) => database.pg.query(text, values);

/** Names of jobs by their ids. */
const names = new Map<string, string>();
let clock = 0;
beforeEach(async () => {
  await query('TRUNCATE jobs, account_schedule, workers CASCADE');
  names.clear();
  clock = 0;
});

async function account(maxConcurrent = 4): Promise<string> {
  const id = randomUUID();
  await query('INSERT INTO accounts (id, name, max_concurrent) VALUES ($1, $2, $3)', [id, id, maxConcurrent]);
  return id;
}

interface Waiting {
  needs?: string[];
  priority?: number;
  kind?: string;
  resource?: 'light' | 'interactive';
}

/** Inserts a job that is a second younger than the previous job. */
async function wait(
  of: string,
  name: string,
  { needs = [], priority = 0, kind = 'transcode', resource = 'light' }: Waiting = {},
): Promise<void> {
  const id = randomUUID();
  names.set(id, name);
  clock += 1;
  await query(
    `INSERT INTO jobs (id, account_id, kind, resource_class, status, priority, needs, available_at, fetches, request_facts, retention_seconds)
     VALUES ($1, $2, $3, $4, 'pending', $5, $6, now() - interval '1 day' + make_interval(secs => $7), false, '{"v":1}', 3600)`,
    [id, of, kind, resource, priority, needs, clock],
  );
}

async function claim(worker: ClaimingWorker, resource: 'light' | 'interactive' = 'light'): Promise<string | null> {
  const claimed = await claimJob(context, resource, { worker });
  return claimed && names.get(claimed.job.id)!;
}

/** Claims a job and completes it at once, as a worker with one slot does with a short job. */
async function serve(worker: ClaimingWorker, resource: 'light' | 'interactive' = 'light'): Promise<string | null> {
  const name = await claim(worker, resource);
  await query(`UPDATE jobs SET status = 'completed', completed_at = now() WHERE status = 'processing'`);
  return name;
}

async function register(worker: ClaimingWorker, capabilities: string[] | null, age = 0): Promise<void> {
  await query(
    `INSERT INTO workers (id, host, boot, pid, pid_start, version, slots, tier, ffmpeg, capabilities, heartbeat_at)
     VALUES ($1, 'host', 'boot', 1, '1', '1', 1, 'bwrap', 'ffmpeg', $2, now() - make_interval(secs => $3))`,
    [worker.id, capabilities, age],
  );
}

describe('a claim of a job that needs a capability', () => {
  it('is made only by a worker with all required capabilities, and another worker claims the next job of the same account', async () => {
    const one = await account();
    await wait(one, 'speech', { needs: [SPEECH] });
    await wait(one, 'both', { needs: ['other', SPEECH] });
    await wait(one, 'unknown', { needs: ['graphics'] });
    await wait(one, 'plain');
    expect(await claim(plain)).toBe('plain');
    expect(await claim(plain)).toBeNull();
    expect([await claim(capable), await claim(capable), await claim(capable)]).toEqual(['speech', 'both', null]);
  });

  it('keeps the order of priorities among the jobs that the worker can run', async () => {
    const one = await account();
    await wait(one, 'low', { priority: -1 });
    await wait(one, 'speech', { needs: [SPEECH], priority: 5 });
    await wait(one, 'high', { priority: 1 });
    expect([await claim(plain), await claim(capable), await claim(plain)]).toEqual(['high', 'speech', 'low']);
  });

  it.each(['light', 'interactive'] as const)(
    'gives an account whose oldest job cannot run here no advantage over others: class %s',
    async (resource) => {
      const stuck = await account();
      const other = await account();
      await wait(stuck, 'speech', { needs: [SPEECH], resource });
      for (const number of [1, 2, 3]) {
        await wait(stuck, `stuck ${number}`, { resource });
        await wait(other, `other ${number}`, { resource });
      }
      const served: (string | null)[] = [];
      for (let times = 0; times < 7; times += 1) served.push(await serve(plain, resource));
      expect(served).toEqual(['stuck 1', 'other 1', 'stuck 2', 'other 2', 'stuck 3', 'other 3', null]);
      expect(await serve(capable, resource)).toBe('speech');
    },
  );

  it('gives no advantage to an account whose oldest job is of an unknown kind', async () => {
    const stuck = await account();
    const other = await account();
    await wait(stuck, 'future', { kind: 'hologram' });
    for (const number of [1, 2]) {
      await wait(other, `other ${number}`);
      await wait(stuck, `stuck ${number}`);
    }
    const served = [await serve(plain), await serve(plain), await serve(plain), await serve(plain)];
    expect(served).toEqual(['other 1', 'stuck 1', 'other 2', 'stuck 2']);
  });

  it('prefers the account with the fewest running jobs over the oldest job', async () => {
    const stuck = await account();
    const other = await account();
    await wait(stuck, 'speech', { needs: [SPEECH] });
    for (const number of [1, 2, 3]) await wait(stuck, `stuck ${number}`);
    for (const number of [1, 2, 3]) await wait(other, `other ${number}`);
    const claimed = [await claim(plain), await claim(plain), await claim(plain), await claim(plain)];
    expect(claimed).toEqual(['stuck 1', 'other 1', 'stuck 2', 'other 2']);
  });

  it('is made once for each job, by a worker that can run the job, while several workers claim at the same time', async () => {
    const accounts = await Promise.all(Array.from({ length: 5 }, () => account(1000)));
    for (const of of accounts) {
      for (let number = 0; number < 6; number += 1)
        await wait(of, number % 2 ? 'plain' : 'speech', { needs: number % 2 ? [] : [SPEECH] });
    }
    const drain = async (worker: ClaimingWorker) => {
      const found: string[] = [];
      for (let name = await claim(worker); name !== null; name = await claim(worker)) found.push(name);
      return found;
    };
    const [byPlain, second, byCapable] = await Promise.all([drain(plain), drain(plain), drain(capable)]);
    expect(new Set([...byPlain!, ...second!])).toEqual(new Set(['plain']));
    expect(byPlain!.length + second!.length + byCapable!.length).toBe(30);
    const { rows } = await query('SELECT count(*)::int AS attempts, count(DISTINCT job_id)::int AS jobs FROM attempts');
    expect(rows).toEqual([{ attempts: 30, jobs: 30 }]);
  });

  it('is not attempted by a worker that can run none of the waiting jobs', async () => {
    const one = await account();
    await wait(one, 'speech', { needs: [SPEECH] });
    expect(await classesWithWork(database.db, kinds)).toEqual([]);
    expect(await classesWithWork(database.db, kinds, [SPEECH])).toEqual(['light']);
  });

  it('reads only jobs that the worker can run, regardless of how many other jobs are ahead of them', async () => {
    const one = await account();
    await query('ALTER TABLE jobs DISABLE TRIGGER USER');
    await query(
      `INSERT INTO jobs (id, account_id, kind, resource_class, status, needs, available_at, fetches, request_facts, retention_seconds)
       SELECT gen_random_uuid(), $1, 'transcode', 'light', 'pending', ARRAY[$2], now() - interval '2 days', false, '{"v":1}', 3600
       FROM generate_series(1, 20000)`,
      [one, SPEECH],
    );
    await query('ALTER TABLE jobs ENABLE TRIGGER USER');
    await query('ANALYZE jobs');
    await wait(one, 'plain');
    const before = await readRows();
    expect(await claim(plain)).toBe('plain');
    expect((await readRows()) - before).toBeLessThan(500);
  });

  it('reads few of the jobs that a capable worker can run, however many jobs wait', async () => {
    const one = await account();
    await query('ALTER TABLE jobs DISABLE TRIGGER USER');
    await query(
      `INSERT INTO jobs (id, account_id, kind, resource_class, status, needs, available_at, fetches, request_facts, retention_seconds)
       SELECT gen_random_uuid(), $1, 'transcode', 'light', 'pending', CASE WHEN n % 10 = 0 THEN ARRAY[$2] ELSE '{}' END,
         now() - interval '2 days' + make_interval(secs => n), false, '{"v":1}', 3600 FROM generate_series(1, 20000) AS n`,
      [one, SPEECH],
    );
    await query('ALTER TABLE jobs ENABLE TRIGGER USER');
    await query('ANALYZE jobs');
    await wait(one, 'last', { priority: 1 });
    const before = await readRows();
    expect(await claim(capable)).toBe('last');
    expect((await readRows()) - before).toBeLessThan(500);
  });
});

/** Returns the number of rows of `jobs` that scans have read so far. */
async function readRows(): Promise<number> {
  await database.flushStatistics();
  const { rows } = await query(
    `SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_user_tables WHERE relname = 'jobs'`,
  );
  return rows[0].read;
}

describe('jobs that no living worker can run', () => {
  it('are counted by kind and needs until a living worker can run them', async () => {
    const one = await account();
    await wait(one, 'plain');
    await wait(one, 'speech', { needs: [SPEECH] });
    await wait(one, 'speech too', { needs: [SPEECH] });
    await wait(one, 'future', { kind: 'hologram' });
    await register(plain, ['kind:transcode']);
    expect(await readStranded(database.db)).toEqual([
      { kind: 'hologram', needs: [], jobs: 1 },
      { kind: 'transcode', needs: [SPEECH], jobs: 2 },
    ]);
    await register(capable, ['kind:transcode', 'kind:hologram', SPEECH]);
    expect(await readStranded(database.db)).toEqual([]);
    await query('UPDATE workers SET heartbeat_at = now() - make_interval(mins => 5)');
    expect(await readStranded(database.db)).toHaveLength(3);
  });

  it('include jobs with needs when the only worker belongs to the previous release, which does not name its kinds', async () => {
    const one = await account();
    await wait(one, 'plain');
    await wait(one, 'speech', { needs: [SPEECH] });
    await register(plain, null);
    expect(await readStranded(database.db)).toEqual([{ kind: 'transcode', needs: [SPEECH], jobs: 1 }]);
  });
});

describe('a claim of an interactive job', () => {
  /** Claims all jobs as one worker, which remembers the accounts that it has served. Returns the names of the jobs in this order. */
  async function claimAll(): Promise<string[]> {
    const order: string[] = [];
    let served: string[] = [];
    for (;;) {
      const claimed = await claimJob(context, 'interactive', { worker: plain, served });
      if (!claimed) return order;
      const { id, account_id: of } = claimed.job;
      order.push(names.get(id)!);
      served = [...served.filter((other) => other !== of), of];
    }
  }

  it('serves the account that the worker has served least recently, however many older jobs another account has', async () => {
    const many = await account();
    const few = await account();
    for (const number of [1, 2, 3]) await wait(many, `many ${number}`, { resource: 'interactive' });
    for (const number of [1, 2]) await wait(few, `few ${number}`, { resource: 'interactive' });
    expect(await claimAll()).toEqual(['many 1', 'few 1', 'many 2', 'few 2', 'many 3']);
  });

  it('serves an account that is next although its oldest job cannot run here and its other jobs are younger', async () => {
    const stuck = await account();
    const other = await account();
    await wait(stuck, 'speech', { needs: [SPEECH], resource: 'interactive' });
    for (const number of [1, 2]) await wait(other, `other ${number}`, { resource: 'interactive' });
    await wait(stuck, 'stuck', { resource: 'interactive' });
    expect(await claimAll()).toEqual(['other 1', 'stuck', 'other 2']);
  });
});

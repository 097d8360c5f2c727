import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { randomOf } from '../../testkit/random.ts';
import { lastPosition, queuePositions } from './queue-positions.ts';
import type { Job } from './rows.ts';

const CLASSES = ['light', 'heavy'] as const;

describe('the positions of waiting jobs', () => {
  let world: JobWorld;
  let jobs: Job[];
  beforeAll(async () => {
    world = await makeJobWorld();
    const random = randomOf(7);
    for (const count of [40, 15, 1]) {
      const { id } = await world.accept(await world.account());
      for (let index = 0; index < count; index += 1) {
        await world.database.pg.query(
          `INSERT INTO jobs (id, account_id, kind, resource_class, status, priority, available_at, fetches, request_facts, retention_seconds)
           SELECT gen_random_uuid(), account_id, kind, $2, 'pending', $3, date_trunc('milliseconds', now()) + make_interval(secs => $4), false, request_facts, 60
           FROM jobs WHERE id = $1`,
          [id, random.pick(CLASSES), random.pick([-10, -1, 0, 0, 0, 5, 10]), random.int(-3, 3)],
        );
      }
    }
    // A job that waits for its children.
    await world.database.pg.query(
      `UPDATE jobs SET awaiting = 'children' WHERE id = (SELECT id FROM jobs WHERE priority = 0 LIMIT 1)`,
    );
    jobs = await world.database.db.selectFrom('jobs').selectAll().execute();
  });
  afterAll(() => world?.close());

  /** Returns the position by definition, computed from the order of the jobs of the account and the turns of all other jobs. */
  function expected(job: Job): number {
    const queueOf = (account: string) =>
      jobs
        .filter((one) => one.account_id === account && one.resource_class === job.resource_class)
        .filter((one) => one.awaiting === null)
        .sort(
          (a, b) =>
            b.priority - a.priority || Number(a.available_at) - Number(b.available_at) || (a.id < b.id ? -1 : 1),
        );
    const oldest = (queue: Job[]) => Math.min(...queue.map((one) => Number(one.available_at)));
    const own = queueOf(job.account_id);
    const turn = own.indexOf(job) + 1;
    const others = [...new Set(jobs.map((one) => one.account_id))].filter((account) => account !== job.account_id);
    const before = others.map(queueOf).map((queue) => {
      const first = oldest(queue) < oldest(own) ? 0 : 1;
      return Math.min(queue.length, Math.max(0, turn - first));
    });
    return before.reduce((sum, count) => sum + count, turn);
  }

  it('are the same whether they are read for all jobs, for some jobs or for a single job', async () => {
    const waiting = jobs.filter((job) => job.awaiting === null);
    const all = await queuePositions(world.context.db, jobs);
    expect(all.size).toBe(waiting.length);
    const some = await queuePositions(
      world.context.db,
      jobs.filter((_, index) => index % 3 === 0),
    );
    for (const job of waiting) {
      const [alone] = (await queuePositions(world.context.db, [job])).values();
      expect(alone).toEqual(all.get(job.id));
      expect(all.get(job.id)!.position).toBe(expected(job));
      if (some.has(job.id)) expect(some.get(job.id)).toEqual(alone);
    }
  });

  it('are also found for a job of the highest or the lowest priority that is about to be inserted', async () => {
    const [account] = [...new Set(jobs.map((job) => job.account_id))];
    const of = (priority: number) =>
      lastPosition(world.context.db, { accountId: account!, resourceClass: 'light', priority });
    const own = jobs.filter((job) => job.account_id === account);
    const light = own.filter((job) => job.resource_class === 'light');
    const last = await of(-10);
    expect(last.position).toBeGreaterThanOrEqual(light.length);
    expect((await of(10)).position).toBeLessThan(last.position);
    expect(last.waiting).toBe(own.filter((job) => job.resource_class !== 'interactive').length);
  });
});

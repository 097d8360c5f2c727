import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { until } from '../../testkit/until.ts';
import { accountUsage } from '../accounts/account-settings.ts';
import type { Account } from '../accounts/accounts.ts';
import { viewQueue } from '../fleet/overview.ts';
import { readStatistics } from '../fleet/statistics.ts';
import { listJobs } from '../kinds/list-jobs.ts';
import { transcode } from '../kinds/transcode/index.ts';
import { cancelJob } from './cancel.ts';
import { waitForChildren, wakeParent } from './children.ts';
import { insertJob } from './insert.ts';
import { readProgress } from './live-progress.ts';
import { reportProgress } from './progress.ts';
import type { Claim } from './rows.ts';
import { endStarved } from './wait-for-storage.ts';

const RUNNING = { speed: 2, fps: 50, etaSeconds: 1 };

describe('a job that waits for its children', () => {
  let world: JobWorld;
  let account: Account;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world?.close());

  /** Inserts a parent and its pieces with these durations of video in seconds. Null stands for a piece with only audio. */
  async function insertPieces(pieces: (number | null)[]) {
    await world.database.pg.query(`UPDATE jobs SET status = 'canceled' WHERE status IN ('pending', 'processing')`);
    account = await world.account();
    const { id } = await world.accept(account);
    const parent = await world.mustClaim();
    await world.database.db.transaction().execute(async (tx) => {
      for (const seconds of pieces) {
        await insertJob(world.context, tx, {
          ...{ kind: 'segment', accountId: account.id, keyId: null, requestId: null, resourceClass: 'light' },
          ...{ request: null, facts: JSON.stringify({ v: 1, ...(seconds && { seconds }) }), settings: null },
          ...{ sources: [], outputs: [{ format: 'mp4', name: 'piece.mp4' }], warnings: [], metadata: null },
          ...{ retentionSeconds: 60, parentId: id },
        });
      }
    });
    return { id, parent };
  }

  /** Like `insertPieces`, and makes the parent wait for its children. Returns the id of the parent. */
  async function startPieces(pieces: (number | null)[]) {
    const { id, parent } = await insertPieces(pieces);
    expect(await waitForChildren(world.context, parent)).toBe(true);
    return id;
  }
  const listed = async (status: 'pending' | 'processing') => {
    const { items, total } = await listJobs(
      world.context,
      transcode,
      { accountId: account.id, ownKeys: null },
      { page: 1, limit: 10, status },
    );
    expect(total).toBe(items.length);
    return items.map(({ id }) => id);
  };
  const end = async (claim: Awaited<ReturnType<JobWorld['mustClaim']>>) =>
    expect(await world.complete(claim, (await world.store(claim)).objectId)).toBe(true);

  it('records an event with the number of its children', async () => {
    const id = await startPieces([4, 4, null]);
    const { rows } = await world.database.pg.query('SELECT type, data FROM events WHERE job_id = $1 ORDER BY id', [id]);
    expect(rows.at(-1)).toEqual({ type: 'transcode.awaiting_children', data: { v: 1, children: 3 } });
  });

  it('is shown to clients as processing until it has used the outputs of its children, in views, lists and counts', async () => {
    const id = await startPieces([4]);
    const shown = { status: 'processing', queue_position: null, started_at: expect.any(String) };
    expect(await world.view(id)).toMatchObject({ ...shown, progress: 0 });
    expect([await listed('processing'), await listed('pending')]).toEqual([[id], []]);
    await end(await world.mustClaim());
    // The parent is due, and has no slot yet.
    expect((await world.row(id)).status).toBe('pending');
    expect(await world.view(id)).toMatchObject({ ...shown, progress: 0.98 });
    expect([await listed('processing'), await listed('pending')]).toEqual([[id], []]);
    const joining = await world.mustClaim();
    expect(await world.view(id)).toMatchObject({ ...shown, progress: 0.98 });
    await end(joining);
    expect(await world.view(id)).toMatchObject({ status: 'completed', progress: 1 });
    expect(await listed('processing')).toEqual([]);
  });

  it('has progress by the completed seconds of its children, the sum of their speeds, and the remaining time at that speed', async () => {
    const id = await startPieces([30, 10, null]);
    // Pieces that were inserted within the same millisecond are claimed in any order.
    const claims = [await world.mustClaim(), await world.mustClaim(), await world.mustClaim()];
    const [first, second, audio] = [30, 10, undefined].map(
      (seconds) => claims.find(({ job }) => (job.request_facts as { seconds?: number }).seconds === seconds)!,
    ) as [Claim, Claim, Claim];
    await reportProgress(world.context, first, { ...RUNNING, progress: 0.5 });
    await reportProgress(world.context, second, { ...RUNNING, progress: 0.1 });
    await reportProgress(world.context, audio, { ...RUNNING, speed: 90, progress: 0.9 });
    // 16 of 40 seconds are done. The other 24 seconds take six seconds at a speed of four seconds of media per second.
    const expected = { progress: 0.98 * 0.4, speed: 4, fps: 100 };
    const view = await world.view(id);
    expect(view).toMatchObject({ speed: 4, fps: 100, eta_seconds: 6 });
    expect(view.progress).toBeCloseTo(expected.progress, 4);
    const streamed = (await readProgress(world.context.db, ['transcode'], null)).find((one) => one.id === id);
    expect(streamed).toMatchObject({ accountId: account.id, speed: 4, fps: 100, etaSeconds: 6 });
    expect(await readProgress(world.context.db, ['transcode'], streamed!.updatedAt)).toEqual([]);
    await end(second);
    expect(await world.view(id)).toMatchObject({ speed: 2, fps: 50, eta_seconds: 8 });
    await end(first);
    await end(audio);
  });

  it('continues when the last child ends just as the parent starts to wait', async () => {
    const { id, parent } = await insertPieces([4]);
    const { db } = world.database;
    const { job } = await world.mustClaim();
    let waiting: Promise<boolean> | null = null;
    await db.transaction().execute(async (tx) => {
      const now = new Date();
      await tx
        .updateTable('jobs')
        .set({ status: 'completed', completed_at: now, current_attempt: null })
        .where('id', '=', job.id)
        .execute();
      await wakeParent(tx, job);
      waiting = waitForChildren(world.context, parent);
      const isOver = async () => {
        const locks = await world.database.pg.query('SELECT FROM pg_stat_activity WHERE wait_event_type = $1', [
          'Lock',
        ]);
        return locks.rows.length > 0 || (await world.row(id)).status === 'pending';
      };
      await until(isOver, { what: 'the wait of the parent' });
    });
    expect(await waiting).toBe(true);
    expect(await world.row(id)).toMatchObject({ status: 'pending', awaiting: null });
  });

  it('is canceled together with its children', async () => {
    const id = await startPieces([4, 4]);
    const piece = await world.mustClaim();
    await cancelJob(world.context, account.id, 'transcode', id);
    expect(await world.view(id)).toMatchObject({ status: 'canceled' });
    expect(await reportProgress(world.context, piece, { ...RUNNING, progress: 0.5 })).toBe(false);
    expect(await listed('processing')).toEqual([]);
  });

  it('is not claimed, and does not fail in an outage of the storage, while a child is open', async () => {
    const id = await startPieces([4]);
    const { pg } = world.database;
    await pg.query(`UPDATE jobs SET created_at = now() - interval '2 minutes' WHERE id = $1`, [id]);
    await pg.query(`UPDATE jobs SET completed_at = completed_at - interval '1 hour' WHERE completed_at IS NOT NULL`);
    expect(await world.row(id)).toMatchObject({ status: 'pending', awaiting: 'children' });
    const piece = await world.mustClaim();
    expect(await world.claim()).toBeNull();
    await endStarved(world.context, 60);
    expect(await world.row(id)).toMatchObject({ status: 'pending', awaiting: 'children' });
    await end(piece);
    expect(await world.row(id)).toMatchObject({ status: 'pending', awaiting: null });
    await end(await world.mustClaim());
    expect((await world.row(id)).status).toBe('completed');
  });

  it('stops or continues to wait when a process of the previous release changes only `available_at`', async () => {
    const id = await startPieces([4]);
    const { pg } = world.database;
    const { rows } = await pg.query(`SELECT available_at = 'infinity' AS "isDated" FROM jobs WHERE id = $1`, [id]);
    expect(rows).toEqual([{ isDated: true }]);
    await pg.query(`UPDATE jobs SET available_at = created_at WHERE id = $1`, [id]);
    expect((await world.row(id)).awaiting).toBeNull();
    await pg.query(`UPDATE jobs SET available_at = 'infinity' WHERE id = $1`, [id]);
    expect((await world.row(id)).awaiting).toBe('children');
    await end(await world.mustClaim());
    expect((await world.row(id)).awaiting).toBeNull();
  });

  it('does not count as a waiting job in the length and the age of the queue', async () => {
    await startPieces([4]);
    await world.mustClaim();
    const { oldestWaitingSeconds, queue } = await readStatistics(world.context, []);
    expect(oldestWaitingSeconds).toMatchObject({ light: 0 });
    const light = queue.filter(({ resource_class }) => resource_class === 'light');
    expect(light.map(({ status, count }) => [status, count])).toEqual([
      ['pending', 0],
      ['awaiting', 1],
      ['processing', 1],
    ]);
    const { waiting, lanes, accounts } = await viewQueue(world.database.db);
    expect([waiting, lanes.find(({ name }) => name === 'light')]).toMatchObject([0, { waiting: 0, oldest_seconds: 0 }]);
    expect(accounts.find(({ id }) => id === account.id)).toMatchObject({ waiting: 0, awaiting: 1, running: 1 });
    expect(await accountUsage(world.database.db, account)).toMatchObject({ waiting: 0, awaiting: 1, running: 1 });
    const { jobs } = await readStatistics(world.context, ['transcode']);
    expect(
      jobs
        .filter(({ kind, status }) => kind === 'transcode' && status !== 'processing')
        .map(({ status, count }) => [status, count]),
    ).toEqual([
      ['awaiting', 1],
      ['pending', 0],
    ]);
  });
});

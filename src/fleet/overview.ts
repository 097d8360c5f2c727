import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { QueueView, WorkerView } from '../contract/admin.ts';
import type { Db } from '../database/pool.ts';
import { RESOURCE_CLASSES, type ResourceClass, type WorkersTable } from '../database/tables.ts';
import { readStranded } from './capabilities.ts';
import { awaitsOthers, readAwaiting, readRunning, readWaiting } from './statistics.ts';
import { aliveWorkers } from './workers.ts';

const MAX_ACCOUNTS = 50;

/** Returns the live workers, each with the number of its running jobs. */
export async function viewWorkers(db: Db): Promise<WorkerView[]> {
  const [workers, running] = await Promise.all([
    aliveWorkers(db),
    db
      .selectFrom('attempts')
      .select((select) => ['worker_id', select.fn.countAll<number>().as('jobs')])
      .where('state', '=', 'running')
      .groupBy('worker_id')
      .execute(),
  ]);
  const jobs = new Map(running.map((row) => [row.worker_id, row.jobs]));
  return workers
    .sort((a, b) => a.started_at.getTime() - b.started_at.getTime())
    .map((worker) => viewWorker(worker, jobs.get(worker.id) ?? 0));
}

function viewWorker(worker: Selectable<WorkersTable>, running: number): WorkerView {
  const tested = worker.self_test_passed ? 'passed' : 'failed';
  return {
    id: worker.id,
    host: worker.host,
    version: worker.version,
    slots: worker.slots,
    heavy_slots: worker.heavy_slots,
    running,
    tier: worker.tier,
    ffmpeg: worker.ffmpeg,
    self_test: worker.self_test_passed === null ? 'running' : tested,
    draining: worker.draining,
    drain_requested: worker.drain_requested,
    started_at: worker.started_at.toISOString(),
    heartbeat_at: worker.heartbeat_at.toISOString(),
  };
}

/**
 * Returns the numbers of jobs that wait for a worker, await another event or run, by class, and the accounts with the most jobs. Reads a
 * few rows per account, one row per running attempt, and one index entry per job that awaits another event.
 */
export async function viewQueue(db: Db): Promise<QueueView> {
  const [stranded, waiting, awaiting, running, accounts] = await Promise.all([
    readStranded(db),
    readWaiting(db),
    readAwaiting(db),
    readRunning(db),
    readBusiest(db),
  ]);
  const lanes = RESOURCE_CLASSES.map((name) => {
    const queued = find(waiting, name);
    const others = find(awaiting, name)?.count ?? 0;
    return {
      name,
      waiting: (queued?.count ?? 0) - others,
      awaiting: others,
      running: find(running, name)?.count ?? 0,
      oldest_seconds: queued?.seconds ?? 0,
    };
  });
  const sum = (field: 'waiting' | 'awaiting' | 'running') => lanes.reduce((total, lane) => total + lane[field], 0);
  return {
    waiting: sum('waiting'),
    awaiting: sum('awaiting'),
    running: sum('running'),
    lanes,
    accounts,
    stranded,
  };
}

function find<T extends { resource_class: ResourceClass }>(rows: readonly T[], name: ResourceClass): T | undefined {
  return rows.find((row) => row.resource_class === name);
}

/**
 * Returns the accounts with the most jobs, from the counter rows of accounts, the awaiting jobs and the running attempts. A join would read
 * the names of all accounts instead of 50.
 */
async function readBusiest(db: Db) {
  const { rows } = await sql<QueueView['accounts'][number]>`
    WITH running AS (
      SELECT jobs.account_id, count(*)::int AS count
      FROM attempts JOIN jobs ON jobs.id = attempts.job_id AND jobs.current_attempt = attempts.id
      WHERE attempts.state = 'running' GROUP BY jobs.account_id
    ), awaiting AS (
      SELECT account_id, count(*)::int AS count FROM jobs WHERE ${awaitsOthers} GROUP BY account_id
    ), busiest AS (
      SELECT account_id, unstarted - coalesce(awaiting.count, 0) AS waiting, coalesce(awaiting.count, 0) AS awaiting,
        coalesce(running.count, 0) AS running
      FROM account_schedule LEFT JOIN running USING (account_id) LEFT JOIN awaiting USING (account_id),
        LATERAL (SELECT waiting_interactive + waiting_light + waiting_heavy AS unstarted) AS counted
      WHERE unstarted > 0 OR running.count > 0
      ORDER BY unstarted + coalesce(running.count, 0) DESC, account_id LIMIT ${MAX_ACCOUNTS}
    )
    SELECT account_id AS id, (SELECT name FROM accounts WHERE accounts.id = account_id) AS name, waiting, awaiting, running
    FROM busiest ORDER BY waiting + awaiting + running DESC, name`.execute(db);
  return rows;
}

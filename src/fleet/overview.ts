import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { QueueView, WorkerView } from '../contract/admin.ts';
import type { Db } from '../database/pool.ts';
import { RESOURCE_CLASSES, type ResourceClass, type WorkersTable } from '../database/tables.ts';
import { readStranded } from './capabilities.ts';
import { aliveWorkers } from './workers.ts';

const MAX_ACCOUNTS = 50;

/** Live workers, and how many jobs each runs. */
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
 * Waiting and running jobs by class, without those that wait for jobs of their own; and the accounts that have the most.
 */
export async function viewQueue(db: Db): Promise<QueueView> {
  const [stranded, lanes, accounts] = await Promise.all([
    readStranded(db),
    sql<{ name: ResourceClass; waiting: number; running: number; oldest_seconds: number }>`
      SELECT resource_class AS name, count(*) FILTER (WHERE status = 'pending')::int AS waiting,
        count(*) FILTER (WHERE status = 'processing')::int AS running,
        coalesce(extract(epoch FROM now() - min(updated_at) FILTER (WHERE status = 'pending')), 0)::float8 AS oldest_seconds
      FROM jobs WHERE status IN ('pending', 'processing') AND awaiting IS NULL GROUP BY resource_class`.execute(db),
    sql<QueueView['accounts'][number]>`
      SELECT accounts.id, accounts.name, count(*) FILTER (WHERE status = 'pending')::int AS waiting,
        count(*) FILTER (WHERE status = 'processing')::int AS running
      FROM jobs JOIN accounts ON accounts.id = jobs.account_id WHERE status IN ('pending', 'processing')
      GROUP BY accounts.id ORDER BY count(*) DESC, accounts.name LIMIT ${MAX_ACCOUNTS}`.execute(db),
  ]);
  const found = new Map(lanes.rows.map((lane) => [lane.name, lane]));
  const sum = (field: 'waiting' | 'running') => lanes.rows.reduce((total, lane) => total + lane[field], 0);
  return {
    waiting: sum('waiting'),
    running: sum('running'),
    lanes: RESOURCE_CLASSES.map((name) => found.get(name) ?? { name, waiting: 0, running: 0, oldest_seconds: 0 }),
    accounts: accounts.rows,
    stranded,
  };
}

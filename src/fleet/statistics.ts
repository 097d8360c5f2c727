import { sql } from 'kysely';
import { storeSpace } from '../accounts/store-space.ts';
import { bytesToCome, promisedToAll, storedByAll } from '../accounts/stored-bytes.ts';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { RESOURCE_CLASSES, type ResourceClass } from '../database/tables.ts';
import { countStuck } from '../objects/deletion.ts';
import { readStranded } from './capabilities.ts';
import { readBacklog } from './retention-backlog.ts';
import { aliveWorkers } from './workers.ts';

/**
 * Returns the metrics of the entire service, as opposed to one process. `kinds` are the names of the kinds of jobs that this release knows.
 * Reads a few rows per account, one row per running attempt, and one index entry per job that awaits another event.
 */
export async function readStatistics({ db, store }: Pick<Context, 'db' | 'store'>, kinds: Iterable<string>) {
  const [jobs, waiting, awaiting, running, workers, storedBytes, promised, backlog, undeletable, stranded, space] =
    await Promise.all([
      readOpenJobs(db, [...kinds]),
      readWaiting(db),
      readAwaiting(db),
      readRunning(db),
      aliveWorkers(db),
      storedByAll(db),
      promisedToAll(db),
      readBacklog(db),
      countStuck(db),
      readStranded(db),
      // Report the other figures even while the storage is unreachable.
      storeSpace({ store }).catch(() => null),
    ]);
  return {
    jobs,
    queue: [
      ...waiting.map(({ resource_class, count }) => ({
        ...{ status: 'pending', resource_class },
        count: count - (awaiting.find((row) => row.resource_class === resource_class)?.count ?? 0),
      })),
      ...awaiting.map(({ resource_class, count }) => ({ status: 'awaiting', resource_class, count })),
      ...running.map(({ resource_class, count }) => ({ status: 'processing', resource_class, count })),
    ],
    oldestWaitingSeconds: Object.fromEntries(
      RESOURCE_CLASSES.map((name) => [name, waiting.find((row) => row.resource_class === name)?.seconds ?? 0]),
    ),
    workers: workers.length,
    slots: workers.reduce((sum, worker) => sum + worker.slots, 0),
    storedBytes,
    promisedBytes: bytesToCome(promised, space?.stagedBytes ?? 0),
    backlog: { ...backlog },
    undeletable,
    stranded: stranded.reduce((sum, { jobs }) => sum + jobs, 0),
    space,
  };
}

/**
 * Counts the jobs that are not final, by kind and status. `awaiting` is a separate status, as in the queue. Jobs of unknown kinds, which a
 * newer release may have created, are counted together as `other`.
 */
async function readOpenJobs(db: Db, kinds: readonly string[]) {
  const { rows } = await sql<{ status: string; kind: string; count: number }>`
    WITH awaiting AS (SELECT kind, count(*) AS jobs FROM jobs WHERE ${awaitsOthers} GROUP BY kind), counted AS (
      SELECT status, kind, jobs FROM job_counts WHERE status IN ('pending', 'processing')
      UNION ALL SELECT 'pending', kind, -jobs FROM awaiting
      UNION ALL SELECT 'awaiting', kind, jobs FROM awaiting
    )
    SELECT status, CASE WHEN kind = ANY(${kinds}::text[]) THEN kind ELSE 'other' END AS kind, sum(jobs)::float8 AS count
    FROM counted GROUP BY 1, 2 ORDER BY 1, 2`.execute(db);
  return rows;
}

/** Counts the pending jobs by class, including jobs that await another event. `seconds` is the time since the first waiting job was due. */
export async function readWaiting(db: Db) {
  const { rows } = await sql<{ resource_class: ResourceClass; count: number; seconds: number }>`
    SELECT class.name AS resource_class, coalesce(sum(class.waiting), 0)::float8 AS count,
      coalesce(greatest(extract(epoch FROM now() - min(class.due) FILTER (WHERE class.due < 'infinity')), 0), 0)::float8 AS seconds
    FROM account_schedule, LATERAL (VALUES
      ('interactive', waiting_interactive, next_interactive),
      ('light', waiting_light, next_light),
      ('heavy', waiting_heavy, next_heavy)) AS class (name, waiting, due)
    GROUP BY class.name`.execute(db);
  return rows;
}

/**
 * Condition on a row of `jobs`: the job awaits children, a review or an upload, rather than a worker. Its first parts match the index
 * `jobs_awaiting`, so that PostgreSQL uses this index.
 */
export const awaitsOthers = sql<boolean>`(
  jobs.status = 'pending' AND (jobs.awaiting IS NOT NULL OR jobs.progress > 0) AND jobs.awaiting IS NOT NULL)`;

/** Counts the jobs that await children, a review or an upload, by class. */
export async function readAwaiting(db: Db) {
  const { rows } = await sql<{ resource_class: ResourceClass; count: number }>`
    SELECT resource_class, count(*)::int AS count FROM jobs WHERE ${awaitsOthers} GROUP BY resource_class`.execute(db);
  return rows;
}

/** Counts the running jobs by class, from their attempts. */
export async function readRunning(db: Db) {
  return db
    .selectFrom('attempts')
    .innerJoin('jobs', (join) =>
      join.onRef('jobs.id', '=', 'attempts.job_id').onRef('jobs.current_attempt', '=', 'attempts.id'),
    )
    .select((select) => ['jobs.resource_class', select.fn.countAll<number>().as('count')])
    .where('attempts.state', '=', 'running')
    .groupBy('jobs.resource_class')
    .execute();
}

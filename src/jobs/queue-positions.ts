import { type RawBuilder, sql } from 'kysely';
import { compileEach } from '../database/compile-once.ts';
import type { Db } from '../database/pool.ts';
import { RESOURCE_CLASSES, type ResourceClass } from '../database/tables.ts';
import type { Job } from './rows.ts';

/*
 * A claim serves the account with the fewest running jobs. Each waiting job therefore has a turn: its number among the waiting jobs of its
 * account and class, plus the number of running jobs of the account. Ahead of it are the jobs of other accounts with an earlier turn, and
 * jobs with the same turn whose account has waited longer. Jobs start in this order if no job ends in the meantime. Each end of a job moves
 * its account forward. Jobs are counted in ranges of the index `jobs_waiting_priority`. For several jobs of one queue, the count for each
 * job begins after the previous of these jobs, so that a page of jobs reads the queue once.
 */

/** The position of a waiting job among the jobs that will start. */
export interface QueuePosition {
  /** 1 is the next job of its resource class. */
  position: number;
  /** Number of jobs of the account that must end before this job may start, because of the account's limit. */
  behindOwn: number;
  /** Maximum number of running jobs of the account. */
  maxConcurrent: number;
}

/** An id that is less than the id of any job. */
const LEAST_ID = '00000000-0000-0000-0000-000000000000';
/** A number that is higher than any priority. */
const ABOVE_ALL = 32_767;

/**
 * Returns SQL for the value of a column of `account_schedule` that exists once for each resource class. `resourceClass` refers to the
 * class.
 */
function ofClass(table: string, column: 'waiting' | 'next', resourceClass = 'mine.resource_class') {
  const cases = RESOURCE_CLASSES.map(
    (name) => sql`WHEN ${sql.lit(name)} THEN ${sql.ref(`${table}.${column}_${name}`)}`,
  );
  return sql`CASE ${sql.ref(resourceClass)} ${sql.join(cases, sql` `)} END`;
}

/** Returns a CTE of the accounts with a waiting job of these classes: one row for each account and class. Each part reads an index. */
function accountsWaiting(classes: readonly ResourceClass[]) {
  const parts = classes.map((name) => {
    const next = sql.ref(`next_${name}`);
    return sql`
      SELECT account_id, running, ${sql.lit(name)} AS resource_class, ${sql.ref(`waiting_${name}`)} AS waiting, ${next} AS next
      FROM account_schedule WHERE ${next} < 'infinity'`;
  });
  return sql`others AS MATERIALIZED (${sql.join(parts, sql` UNION ALL `)})`;
}

/** Counts the jobs of `others` that start before a job with this turn. `mine` and `turns` are the account, class and turn of the job. */
const startBefore = sql`
  SELECT coalesce(sum(least(other.waiting, greatest(0,
    turns.turn - other.running - CASE WHEN other.next < turns.next THEN 0 ELSE 1 END))), 0)::int AS count
  FROM others AS other
  WHERE other.resource_class = mine.resource_class AND other.account_id <> mine.account_id`;

/** Returns a CTE of the waiting jobs among these ids. Each row also contains the previous of these jobs in the same queue. */
function waitingAmong(ids: readonly string[]) {
  return sql`mine AS MATERIALIZED (
    SELECT id, account_id, resource_class, priority, available_at, lag(priority) OVER queue AS before_priority,
      lag(available_at) OVER queue AS before_at, lag(id) OVER queue AS before_id
    FROM jobs WHERE id = ANY(${ids}::uuid[]) AND status = 'pending' AND awaiting IS NULL
    WINDOW queue AS (PARTITION BY account_id, resource_class ORDER BY priority DESC, available_at, id))`;
}

/** Returns SQL that counts the jobs that wait in the queue of `mine` and meet this condition. */
function countAhead(condition: RawBuilder<unknown>) {
  return sql`(SELECT count(*) FROM jobs AS ahead
    WHERE ahead.account_id = mine.account_id AND ahead.resource_class = mine.resource_class
      AND ahead.status = 'pending' AND ahead.awaiting IS NULL AND ${condition})`;
}

/**
 * Counts the jobs after the previous job, up to and including `mine`: jobs of the priority of `mine`, of priorities in between, and of the
 * priority of the previous job.
 */
const step = sql.join(
  [
    countAhead(sql`ahead.priority = mine.priority AND (ahead.available_at, ahead.id) <= (mine.available_at, mine.id)
      AND (ahead.available_at, ahead.id) > (
        CASE WHEN mine.before_priority = mine.priority THEN mine.before_at ELSE '-infinity' END,
        CASE WHEN mine.before_priority = mine.priority THEN mine.before_id ELSE ${sql.lit(LEAST_ID)}::uuid END)`),
    countAhead(
      sql`ahead.priority > mine.priority AND ahead.priority < coalesce(mine.before_priority, ${sql.lit(ABOVE_ALL)})`,
    ),
    countAhead(sql`mine.before_priority > mine.priority AND ahead.priority = mine.before_priority
      AND (ahead.available_at, ahead.id) > (mine.before_at, mine.before_id)`),
  ],
  sql` + `,
);

/** Finds the positions of waiting jobs by their ids. Omits jobs that do not wait for a slot, such as jobs that wait for their children. */
export async function queuePositions(
  db: Db,
  jobs: readonly Pick<Job, 'id' | 'status'>[],
): Promise<Map<string, QueuePosition>> {
  const waiting = jobs.filter((job) => job.status === 'pending').map((job) => job.id);
  if (waiting.length === 0) return new Map();
  const { rows } = await sql<QueuePosition & { id: string }>`
    WITH ${waitingAmong(waiting)}, ${accountsWaiting(RESOURCE_CLASSES)}, steps AS (
      SELECT id, account_id, resource_class, priority, available_at, ${step} AS step FROM mine
    ), ranked AS (
      SELECT id, account_id, resource_class, sum(step) OVER (
        PARTITION BY account_id, resource_class ORDER BY priority DESC, available_at, id)::int AS rank FROM steps
    )
    SELECT mine.id, mine.rank + before.count AS position, accounts.max_concurrent AS "maxConcurrent",
      greatest(0, turns.turn - accounts.max_concurrent) AS "behindOwn"
    FROM ranked AS mine
    JOIN accounts ON accounts.id = mine.account_id
    JOIN account_schedule AS schedule ON schedule.account_id = mine.account_id
    CROSS JOIN LATERAL (
      SELECT schedule.running + mine.rank AS turn, ${ofClass('schedule', 'next')} AS next
    ) AS turns
    CROSS JOIN LATERAL (${startBefore}) AS before`.execute(db);
  return new Map(rows.map(({ id, ...position }) => [id, position]));
}

/** A job that is about to be inserted. */
interface NextJob {
  accountId: string;
  priority: number;
}

interface LastPosition {
  /** The position that the job would have. */
  position: number;
  /** Number of light and heavy jobs of the account that already wait. */
  waiting: number;
}

/** Returns the position of a job that is about to be inserted. */
export async function lastPosition(
  db: Db,
  { resourceClass, ...job }: NextJob & { resourceClass: ResourceClass },
): Promise<LastPosition> {
  const [found] = await selectLast(db, { resourceClass }, job);
  return found!;
}

const selectLast = compileEach<{ resourceClass: ResourceClass }, NextJob, LastPosition>(
  (_db, { accountId, priority }, { resourceClass }) => sql<LastPosition>`
    WITH ${accountsWaiting([resourceClass])}
    SELECT own.rank + before.count AS position,
      coalesce(schedule.waiting_light + schedule.waiting_heavy, 0) AS waiting
    FROM (SELECT ${accountId}::uuid AS account_id, ${sql.lit(resourceClass)} AS resource_class) AS mine
    LEFT JOIN account_schedule AS schedule ON schedule.account_id = mine.account_id
    CROSS JOIN LATERAL (
      SELECT greatest(1, 1 + coalesce(${ofClass('schedule', 'waiting')}, 0) - (
        SELECT count(*)::int FROM jobs WHERE status = 'pending' AND account_id = mine.account_id
          AND resource_class = mine.resource_class AND priority < ${priority})) AS rank
    ) AS own
    CROSS JOIN LATERAL (
      SELECT coalesce(schedule.running, 0) + own.rank AS turn,
        coalesce(${ofClass('schedule', 'next')}, now()) AS next
    ) AS turns
    CROSS JOIN LATERAL (${startBefore}) AS before`,
);

import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';
import { RESOURCE_CLASSES, type ResourceClass } from '../database/tables.ts';
import type { Job } from './rows.ts';

/*
 * A claim serves the account with the fewest running jobs. So a job has a turn: its number among the waiting jobs of its
 * account and class, plus the jobs of the account that run. Ahead of it are the jobs of other accounts with an earlier
 * turn, and those with the same turn whose account has waited longer. That is the order in which jobs start if none ends
 * meanwhile; every end brings its account forward.
 */

/** The place of a waiting job among the jobs that will start. */
export interface QueuePosition {
  /** 1 is the next job of its resource class. */
  position: number;
  /** Jobs of its account that must end before it may start, because of the account's limit. */
  behindOwn: number;
  /** How many jobs its account may run at a time. */
  maxConcurrent: number;
}

/** A column of `account_schedule` that exists for each resource class, as one of a row whose class varies. */
function ofClass(table: string, column: 'waiting' | 'next', resourceClass = 'mine.resource_class') {
  const cases = RESOURCE_CLASSES.map(
    (name) => sql`WHEN ${sql.lit(name)} THEN ${sql.ref(`${table}.${column}_${name}`)}`,
  );
  return sql`CASE ${sql.ref(resourceClass)} ${sql.join(cases, sql` `)} END`;
}

/** How many jobs of other accounts start before one with this turn; `mine` and `schedule` are its row and its account's. */
const startBefore = sql`
  SELECT coalesce(sum(least(other.waiting, greatest(0,
    turns.turn - other.running - CASE WHEN other.next < turns.next THEN 0 ELSE 1 END))), 0)::int AS count
  FROM (
    SELECT other.account_id, other.running, ${ofClass('other', 'waiting')} AS waiting, ${ofClass('other', 'next')} AS next
    FROM account_schedule AS other
  ) AS other
  WHERE other.next < 'infinity' AND other.account_id <> mine.account_id`;

/** Finds the positions of waiting jobs by their ids. Omits those that do not wait, or only for jobs of their own. */
export async function queuePositions(
  db: Db,
  jobs: readonly Pick<Job, 'id' | 'status'>[],
): Promise<Map<string, QueuePosition>> {
  const waiting = jobs.filter((job) => job.status === 'pending').map((job) => job.id);
  if (waiting.length === 0) return new Map();
  const { rows } = await sql<QueuePosition & { id: string }>`
    SELECT mine.id, own.rank + before.count AS position, accounts.max_concurrent AS "maxConcurrent",
      greatest(0, turns.turn - accounts.max_concurrent) AS "behindOwn"
    FROM jobs AS mine
    JOIN accounts ON accounts.id = mine.account_id
    JOIN account_schedule AS schedule ON schedule.account_id = mine.account_id
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS rank FROM jobs AS ahead
      WHERE ahead.account_id = mine.account_id AND ahead.resource_class = mine.resource_class
        AND ahead.status = 'pending' AND ahead.available_at < 'infinity'
        AND (ahead.priority > mine.priority
          OR ahead.priority = mine.priority AND (ahead.available_at, ahead.id) <= (mine.available_at, mine.id))
    ) AS own
    CROSS JOIN LATERAL (
      SELECT schedule.running + own.rank AS turn, ${ofClass('schedule', 'next')} AS next
    ) AS turns
    CROSS JOIN LATERAL (${startBefore}) AS before
    WHERE mine.id = ANY(${waiting}::uuid[]) AND mine.available_at < 'infinity'`.execute(db);
  return new Map(rows.map(({ id, ...position }) => [id, position]));
}

/** Position of a job that is about to be inserted. */
export async function lastPosition(
  db: Db,
  { accountId, resourceClass, priority }: { accountId: string; resourceClass: ResourceClass; priority: number },
): Promise<number> {
  const { rows } = await sql<{ position: number }>`
    SELECT own.rank + before.count AS position
    FROM (SELECT ${accountId}::uuid AS account_id, ${resourceClass}::text AS resource_class) AS mine
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
    CROSS JOIN LATERAL (${startBefore}) AS before`.execute(db);
  return rows[0]!.position;
}

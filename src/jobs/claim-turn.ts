import { sql } from 'kysely';
import type { ResourceClass } from '../database/tables.ts';
import { withinHeavyShare } from './heavy-share.ts';
import type { JobsContext } from './kind.ts';

/* Parts of the statements that claim a job. They determine which account starts a job next. */

export interface Eligibility {
  resourceClass: ResourceClass;
  /** Names of the kinds that this worker runs. */
  kinds: readonly string[];
  hasCapabilities: boolean;
  capabilities: readonly string[];
  /** Accounts to skip: their next job needs a fetch for which there is no permit, or is locked. */
  passedOver: string[];
  /** Accounts whose interactive jobs this worker has started, the latest last. All other accounts come first. */
  served: readonly string[];
}

export function eligibility(
  resourceClass: ResourceClass,
  kinds: JobsContext['kinds'],
  capabilities: readonly string[] = [],
): Eligibility {
  const hasCapabilities = capabilities.length > 0;
  return { resourceClass, kinds: [...kinds.keys()], hasCapabilities, capabilities, passedOver: [], served: [] };
}

export interface Turn extends Eligibility {
  /**
   * Whether accounts are compared by their oldest job that this worker can run. This comparison reads the jobs of several accounts, and is
   * necessary only while the oldest job of the account whose turn it is cannot run here.
   */
  byRunnable: boolean;
}

/** Condition on a row of `jobs`: it is due, and this worker can run it. */
export function isRunnable({
  resourceClass,
  kinds,
  hasCapabilities,
  capabilities,
}: Omit<Eligibility, 'passedOver' | 'served'>) {
  // This condition matches an index that contains only jobs without needs. For containment (`<@`) alone, PostgreSQL would expect few rows
  // and sort all jobs.
  const needsNothing = sql`jobs.needs = '{}'`;
  const met = hasCapabilities ? sql`(${needsNothing} OR jobs.needs <@ ${capabilities}::text[])` : needsNothing;
  return sql`jobs.resource_class = ${resourceClass} AND jobs.status = 'pending' AND jobs.awaiting IS NULL
    AND jobs.available_at <= now() AND jobs.kind = ANY(${kinds}::text[]) AND ${met}`;
}

/**
 * Returns SQL for the accounts that may start a job of the class now: the FROM and WHERE clauses, and the column with the time of their
 * oldest job.
 */
export function eligibleFor(query: Eligibility) {
  const { resourceClass, passedOver } = query;
  const next = sql.ref(`schedule.next_${resourceClass}`);
  const limited = resourceClass !== 'interactive';
  // This is a scalar subquery, which the planner does not turn into a join. It reads one row of the index for each account.
  const hasRunnable = sql`(
    SELECT true FROM jobs WHERE jobs.account_id = schedule.account_id AND ${isRunnable(query)} LIMIT 1)`;
  const eligible = sql`
    FROM account_schedule AS schedule JOIN accounts ON accounts.id = schedule.account_id
    WHERE ${next} <= now() AND schedule.account_id <> ALL(${passedOver}::uuid[])
      ${limited ? sql`AND schedule.running < accounts.max_concurrent` : sql``}
      ${resourceClass === 'heavy' ? sql`AND ${withinHeavyShare()}` : sql``}
      AND ${hasRunnable}`;
  return { next, limited, eligible };
}

/**
 * Number of accounts that are compared by their runnable jobs, among the accounts whose oldest job can run here. It is more than one,
 * because some accounts may be locked.
 */
const COMPARED = 16;

/**
 * Determines whose turn it is among the eligible accounts. `first` is a CTE for the account with the fewest running jobs and, among equal
 * accounts, the oldest job. `where` and `order` select the accounts. Interactive jobs do not count as running. Among accounts with
 * interactive jobs, the account that this worker has served least recently comes first. The schedule contains the oldest job of each
 * account. If this job cannot run here, its account would stay first as long as the job waits. In this case, accounts are compared by their
 * jobs that can run here.
 */
export function turnOf(query: Turn) {
  const { next, limited, eligible } = eligibleFor(query);
  const rank = limited
    ? sql`schedule.running`
    : sql`coalesce(array_position(${query.served}::uuid[], schedule.account_id), 0)`;
  const own = sql`jobs.account_id = schedule.account_id AND ${isRunnable(query)}`;
  const isEven = sql`coalesce((SELECT true FROM jobs WHERE ${own} AND jobs.available_at = ${next} LIMIT 1), false)`;
  const first = sql`first AS (
    SELECT schedule.running, ${isEven} AS is_even ${eligible} ORDER BY ${rank}, ${next} LIMIT 1)`;
  if (!query.byRunnable) {
    const fewest = limited
      ? sql`schedule.running = (SELECT running FROM first WHERE is_even)`
      : sql`(SELECT is_even FROM first)`;
    return { first, where: sql`AND ${fewest}`, order: limited ? next : sql`${rank}, ${next}` };
  }
  const fewest = limited ? sql`AND schedule.running = (SELECT running FROM first)` : sql``;
  const last = sql`(SELECT ${next} ${eligible} ${fewest} AND ${isEven} ORDER BY ${next} OFFSET ${sql.lit(COMPARED - 1)} LIMIT 1)`;
  const oldest = sql`CASE WHEN ${isEven} THEN ${next} ELSE (
    SELECT jobs.available_at FROM jobs WHERE ${own} ORDER BY jobs.priority DESC, jobs.available_at, jobs.id LIMIT 1) END`;
  return {
    first,
    where: sql`${fewest} AND ${next} <= coalesce(${last}, 'infinity')`,
    order: limited ? oldest : sql`${rank}, ${oldest}`,
  };
}

import { sql } from 'kysely';
import type { JobStatus } from '../database/tables.ts';
import type { Job } from './rows.ts';

/*
 * A parent is `pending` in the queue while its children run, since it holds no slot. To clients it runs: from the moment
 * that it waits for its children until it has used what they made. Between its last child and its next attempt it is due,
 * and its progress is that of its children; no other waiting job has any.
 */

/** Condition on a row of `jobs`: the job waits for its children, or for a slot in which to use what they made. */
export const runsInChildren = sql<boolean>`(
  jobs.status = 'pending' AND (jobs.available_at = 'infinity' OR jobs.progress > 0))`;

/** The status as clients see it, of a row of `jobs`. */
export const shownStatusColumn = sql<JobStatus>`CASE WHEN ${runsInChildren} THEN 'processing' ELSE jobs.status END`;

/** The status as clients see it. */
export function shownStatus({ status, available_at, progress }: Pick<Job, 'status' | 'available_at' | 'progress'>) {
  // PostgreSQL's 'infinity' is read as the number.
  const waits = status === 'pending' && (Number(available_at) === Number.POSITIVE_INFINITY || progress > 0);
  return waits ? 'processing' : status;
}

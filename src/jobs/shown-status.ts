import { sql } from 'kysely';
import { JOB_STATUSES } from '../contract/common.ts';
import type { JobStatus } from '../database/tables.ts';
import type { Job } from './rows.ts';

/*
 * To clients, a job that awaits its upload is `pending`. A parent is `pending` in the queue while its children run, because it occupies no
 * slot. Clients see it as running from the moment that it waits for its children until it has used their results. Between the end of its
 * last child and its next attempt, the parent is due, and its progress is the progress of its children. No other waiting job has progress.
 */

/** Condition on a row of `jobs`: the job waits for its children, or for a slot in which to use their results. */
export const runsInChildren = sql<boolean>`(
  jobs.status = 'pending' AND ((jobs.awaiting IS NOT NULL AND jobs.awaiting <> 'upload') OR jobs.progress > 0))`;

/**
 * The status that clients see of a row of `jobs`. A status that only a newer release knows is shown as `processing` until the job has
 * ended, and then as `failed`, because clients know no other status.
 */
export const shownStatusColumn = sql<JobStatus>`CASE WHEN ${runsInChildren} THEN 'processing'
  WHEN jobs.status IN (${sql.join(JOB_STATUSES.map((status) => sql.lit(status)))}) THEN jobs.status
  WHEN jobs.completed_at IS NULL THEN 'processing' ELSE 'failed' END`;

type Shown = Pick<Job, 'status' | 'awaiting' | 'progress' | 'completed_at'>;

/** Returns the status of `shownStatusColumn` for a row that has been read. */
export function shownStatus({ status, awaiting, progress, completed_at }: Shown): JobStatus {
  const waits = status === 'pending' && ((awaiting !== null && awaiting !== 'upload') || progress > 0);
  if (waits) return 'processing';
  if (JOB_STATUSES.includes(status)) return status;
  return completed_at === null ? 'processing' : 'failed';
}

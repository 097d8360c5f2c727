import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';

/*
 * Bytes that the rows of an account use in the database. Triggers maintain an estimate (0014_row_bytes.sql). If the database shares the
 * disk with the storage, the estimate counts in the account's share of that disk.
 */

/** Expected bytes of another job, with a request of usual length. Inserted rows count exactly. */
const JOB_BYTES = 20_000;
/** Bytes of a delivery, as counted by the trigger, and maximum number of deliveries of a job to one webhook. */
const DELIVERY_BYTES = 700;
const DELIVERIES = 3;
/**
 * Maximum number of pending deliveries of an account. If there are more, new jobs of the account are rejected, because each job adds
 * deliveries, which stay in the database for three days if a receiver does not respond.
 */
export const MOST_PENDING_DELIVERIES = 100_000;

export interface RowFigures {
  row_bytes: number;
  pending_deliveries: number;
  /** Number of jobs that are not final. Each of these jobs will add deliveries. */
  open_jobs: number;
  webhooks: number;
}

export function rowBytesOf(accountId: string) {
  return sql<number>`(SELECT coalesce(sum(row_bytes), 0)::float8 FROM account_storage WHERE account_id = ${accountId})`;
}

/** Returns the columns of a SELECT with the figures of an account. */
export function rowFiguresOf(accountId: string) {
  return sql`
    ${rowBytesOf(accountId)} AS row_bytes,
    (SELECT coalesce(sum(pending_deliveries), 0)::float8 FROM account_storage WHERE account_id = ${accountId})
      AS pending_deliveries,
    (SELECT coalesce(sum(jobs), 0)::float8 FROM job_counts
      WHERE account_id = ${accountId} AND status IN ('pending', 'processing')) AS open_jobs,
    (SELECT count(*) FROM webhooks WHERE account_id = ${accountId} AND disabled_at IS NULL) AS webhooks`;
}

/**
 * Checks that an account leaves as much of the disk free as its rows use, including the rows of new jobs and the deliveries that its jobs
 * will still add. Throws `storage_quota`.
 */
export function requireRowShare({ row_bytes, open_jobs, webhooks }: RowFigures, jobs: number, available: number): void {
  const toCome = (open_jobs + jobs) * webhooks * DELIVERIES * DELIVERY_BYTES;
  const required = jobs * JOB_BYTES + toCome;
  if (row_bytes + required <= available) return;
  throw new ApiError('storage_quota', {
    metric: 'row_bytes',
    limit: Math.max(0, Math.floor(available)),
    stored: row_bytes,
    required,
    reason: 'the jobs, batches and deliveries of this account use too much of a disk that other accounts share',
    remedy:
      'Wait until old jobs are deleted, delete webhooks that you do not need, or ask the operator for a larger disk',
  });
}

/** Throws `queue_full` if too many deliveries are pending. */
export function requireFewDeliveries({ pending_deliveries: waiting }: Pick<RowFigures, 'pending_deliveries'>): void {
  if (waiting < MOST_PENDING_DELIVERIES) return;
  throw new ApiError('queue_full', {
    metric: 'pending_deliveries',
    limit: MOST_PENDING_DELIVERIES,
    waiting,
    reason: `${waiting} deliveries to webhooks are waiting, and ${MOST_PENDING_DELIVERIES} are allowed`,
    remedy: 'Fix the receivers of your webhooks, or delete webhooks that you do not need',
  });
}

import { sql } from 'kysely';
import { addUsage } from '../accounts/usage.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import { notify } from '../database/notify.ts';
import type { Tx } from '../database/pool.ts';
import { openColumn, sealColumn } from '../database/sealed-columns.ts';
import { markDeleting } from '../objects/objects.ts';
import type { AttemptFacts } from './attempts.ts';
import { dropUnconfirmed } from './awaited-uploads.ts';
import { endBatch } from './batch-end.ts';
import { childrenOf, wakeParent } from './children.ts';
import { ENDED_DELIVERY, undeliveredWarnings } from './delivery.ts';
import { recordJobEvent } from './job-events.ts';
import { type Failure, type JobsContext, traitsOf } from './kind.ts';
import { dropOutputs, failOutputs } from './outputs.ts';
import { outputsOf } from './read.ts';
import {
  billableMinutes,
  isOpen,
  type Job,
  type JobOutput,
  OPEN_STATUSES,
  openWarnings,
  sealWarnings,
  storedLimits,
} from './rows.ts';
import { scrubJobs } from './scrub.ts';

/*
 * The ends of a job. Each end is one transaction over the locked row of the job, and ends everything that belongs to the job: its attempt,
 * its open outputs, its sources, the uploads that were created with it, and its children. The end of a child can end its parent.
 */

/** Columns that every end of a job sets: retention starts now, and complete URLs are no longer needed. */
export const END_COLUMNS = {
  request_source_sealed: null,
  awaiting: null,
  review_until: null,
  resume_sealed: null,
  completed_at: databaseNow,
  updated_at: databaseNow,
  expires_at: inSeconds(sql.ref('retention_seconds')),
};

/** Sets an open job to failed. The caller has locked its row and the rows of its descendants. */
export async function endFailed(
  context: JobsContext,
  tx: Tx,
  job: Job,
  failure: Failure,
  attempt: AttemptFacts | null,
): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({ ...failedColumns(context, job, failure), ...limitsOf(attempt), ...END_COLUMNS })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .execute();
  await failOutputs(tx, job, failure.code);
  await closeSources(tx, job);
  await dropUnconfirmed(context, tx, job, failure);
  await traitsOf(context, job)?.onEnd?.(context, tx, job, failure);
  await recordJobEvent(context, tx, job, 'failed', { error_code: failure.code });
  await endChildren(context, tx, job);
  await afterEnd(context, tx, job);
}

export function failedColumns({ vault }: Pick<JobsContext, 'vault'>, job: Job, { code, message }: Failure) {
  return {
    status: 'failed' as const,
    error_code: code,
    error_sealed: sealColumn(vault, 'jobs', 'error_sealed', job, message),
    eta_seconds: null,
  };
}

/** Returns the column `limits`: the limits that applied if the attempt ran a cell, otherwise null. */
export function limitsOf(attempt: AttemptFacts | null) {
  return { limits: attempt?.limits ? storedLimits.write(attempt.limits) : null };
}

/**
 * Sets an open job and its open children to canceled, and deletes the outputs that the job has made. The caller has locked the rows of the
 * job and of all its descendants. Workers are notified when the transaction commits.
 */
export async function endCanceled(context: JobsContext, tx: Tx, job: Job): Promise<Job> {
  const canceled = await tx
    .updateTable('jobs')
    .set({ status: 'canceled', eta_seconds: null, ...END_COLUMNS })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('attempts')
    .set({ state: 'canceled', ended_at: databaseNow })
    .where('job_id', '=', job.id)
    .where('state', '=', 'running')
    .execute();
  await failOutputs(tx, job);
  await dropOutputs(tx, job);
  await closeSources(tx, job);
  await dropUnconfirmed(context, tx, job, null);
  await traitsOf(context, job)?.onEnd?.(context, tx, job, null);
  await recordJobEvent(context, tx, job, 'canceled', {});
  await notify(tx, 'airlock_cancel', job.id);
  await endChildren(context, tx, job);
  await afterEnd(context, tx, job);
  return canceled;
}

/**
 * Ends the children of a job that ends: cancels open children, and deletes the texts and outputs of all children. The caller has locked
 * them. The sweeper deletes the bytes.
 */
export async function endChildren(context: JobsContext, tx: Tx, { id }: Pick<Job, 'id'>): Promise<void> {
  const children = await childrenOf(tx, id);
  for (const child of children) if (isOpen(child)) await endCanceled(context, tx, child);
  // Only a newer release knows the status of a child that is neither open nor completed.
  const ended = children.filter((child) => !child.erased_at && (isOpen(child) || child.completed_at));
  const objects = await scrubJobs(
    tx,
    ended.map((child) => child.id),
    'retention',
  );
  await markDeleting(tx, objects, 'replaced');
}

/** Continues the jobs that wait for a job that has just become final: its parent and its batch. */
export async function afterEnd(context: JobsContext, tx: Tx, job: Job): Promise<void> {
  const delivered = await wakeParent(tx, job);
  if (delivered) await endDelivered(context, tx, delivered);
  await endBatch(tx, job);
}

/** Ends a job whose last delivery has ended. The caller has locked its row. The job is failed if one of its outputs was not made. */
async function endDelivered(context: JobsContext, tx: Tx, job: Job): Promise<void> {
  const outputs = await outputsOf(tx, [job.id]);
  const failure = failureAmong(context, outputs);
  const warnings = [...openWarnings(context.vault, job), ...undeliveredWarnings(context.vault, outputs)];
  await tx
    .updateTable('jobs')
    .set({
      ...(failure ? failedColumns(context, job, failure) : { status: 'completed' as const, eta_seconds: 0 }),
      ...END_COLUMNS,
      warnings_sealed: sealWarnings(context.vault, job, warnings),
    })
    .where('id', '=', job.id)
    .execute();
  await recordEnd(context, tx, job, { failure, inputSeconds: job.input_seconds });
  await afterEnd(context, tx, job);
}

/** Returns the failure of the first output that was not made. Returns null if all outputs were made. */
function failureAmong({ vault }: Pick<JobsContext, 'vault'>, outputs: readonly JobOutput[]): Failure | null {
  const failed = outputs.find(({ status }) => status !== 'completed');
  if (!failed) return null;
  const message = openColumn(vault, 'job_outputs', 'error_sealed', failed) ?? 'An output was not made.';
  return { code: failed.error_code as Failure['code'], message };
}

/** Records the event of a job that made all of its outputs, or some of them, and bills a completed job. */
export async function recordEnd(
  context: JobsContext,
  tx: Tx,
  job: Job,
  { failure, inputSeconds }: { failure: Failure | null; inputSeconds: number | null },
): Promise<void> {
  // A failed job is not billed. A child is billed as a part of its parent.
  const isBilled = inputSeconds !== null && !failure && job.parent_id === null;
  await Promise.all([
    failure ? traitsOf(context, job)?.onEnd?.(context, tx, job, failure) : null,
    isBilled ? addUsage(tx, job.account_id, billableMinutes(inputSeconds)) : null,
    failure
      ? recordJobEvent(context, tx, job, 'failed', { error_code: failure.code })
      : recordJobEvent(context, tx, job, 'completed', {}),
  ]);
}

/** Releases the sources of a final job: clears complete URLs and destinations, and starts the retention of the uploads. */
export async function closeSources(tx: Tx, job: Pick<Job, 'id' | 'retention_seconds'>): Promise<void> {
  await closeEach(tx, job);
}

// Locks the objects in the order of their ids, like `lockObjects`.
const closeEach = compileOnce(
  (_db, { id, retention_seconds }: Pick<Job, 'id' | 'retention_seconds'>) => sql`
    WITH source AS (
      UPDATE job_sources SET source_sealed = NULL WHERE job_id = ${id} AND source_sealed IS NOT NULL
    ), destination AS (
      UPDATE job_outputs SET ${ENDED_DELIVERY}
      WHERE job_id = ${id} AND destination_sealed IS NOT NULL
    ), locked AS (
      SELECT id FROM objects WHERE id IN (SELECT object_id FROM job_sources WHERE job_id = ${id})
      ORDER BY id FOR UPDATE)
    UPDATE objects SET delete_after = greatest(delete_after, ${inSeconds(retention_seconds)})
    FROM locked WHERE objects.id = locked.id AND state = 'live' AND kind = 'upload'`,
);

import { sql, type Updateable } from 'kysely';
import { addUsage } from '../accounts/usage.ts';
import type { Warning } from '../contract/common.ts';
import { compileEach, compileOnce } from '../database/compile-once.ts';
import { notify } from '../database/notify.ts';
import { sendWithCommit, type Tx } from '../database/pool.ts';
import { sealColumn } from '../database/sealed-columns.ts';
import type { JobsTable } from '../database/tables.ts';
import { type AttemptFacts, endAttempt, spentAttempts } from './attempts.ts';
import { dropUnconfirmed } from './awaited-uploads.ts';
import { endBatch } from './batch-end.ts';
import { wakeParent } from './children.ts';
import { ENDED_DELIVERY } from './delivery.ts';
import { recordJobEvent } from './job-events.ts';
import { type Failure, type JobsContext, traitsOf } from './kind.ts';
import { completeOutputs, failOutput, failOutputs, hasOutputs, type StoredOutput } from './outputs.ts';
import { lockOwned } from './read.ts';
import { releaseAttempt, WITHOUT_ATTEMPT } from './release-attempt.ts';
import {
  billableMinutes,
  type Claim,
  endColumns,
  type Job,
  MAX_ATTEMPTS,
  OPEN_STATUSES,
  type Ownership,
  sealWarnings,
  storedLimits,
} from './rows.ts';

/** The result of an attempt that made outputs. The job is completed if the attempt made all outputs, otherwise failed. */
export interface Completion {
  outputs: readonly StoredOutput[];
  /**
   * Outputs that were not made. Defaults to none. The first failure is also the failure of the job. If no output was made, throw instead.
   */
  failures?: readonly FailedOutput[];
  /** JSON for the manifest, sealed when it is stored. Null if nothing was planned. */
  plan: string | null;
  warnings: readonly Warning[];
  /** Total duration of all inputs in seconds, for usage. Null for a job that is not billed. */
  inputSeconds: number | null;
  attempt: AttemptFacts | null;
  /** Runs in the transaction that completes the job. */
  apply?: (tx: Tx) => Promise<void>;
}

/** An output that was not made. A retry does not help, or no attempt is left. */
export interface FailedOutput {
  /** Id of the row in `job_outputs`. */
  outputId: string;
  failure: Failure;
}

/**
 * Ends the job with these outputs if this attempt still owns it. Returns false if the attempt was canceled or replaced. The caller must
 * then delete the outputs.
 */
export async function completeJob(context: JobsContext, claim: Claim, result: Completion): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const now = new Date();
    const end = endColumns(claim.job, now);
    const failure = result.failures?.[0]?.failure ?? null;
    const change = {
      ...(failure
        ? failedColumns(context, claim.job, failure)
        : { status: 'completed' as const, progress: 1, eta_seconds: 0 }),
      plan_sealed:
        result.plan === null ? null : sealColumn(context.vault, 'jobs', 'plan_sealed', claim.job, result.plan),
      warnings_sealed: sealWarnings(context.vault, claim.job, result.warnings),
      input_seconds: failure ? null : result.inputSeconds,
      ...limitsOf(result.attempt),
      ...end,
      ...(leavesNothing(claim, result) && { erased_at: now, erased_reason: 'retention' as const }),
    };
    const owned = { change, jobId: claim.job.id, attemptId: claim.attemptId };
    if (!(await changeOwned(tx, owned))) return isCompletedWith(tx, claim, result.outputs);
    const others = changeOthers(context, tx, claim, result, { now, expiresAt: end.expires_at });
    const { parent_id, batch_id } = claim.job;
    // In each of these cases, statements depend on the results of earlier statements.
    if (failure || result.apply || parent_id !== null || batch_id !== null) {
      await others;
      await wakeParent(tx, claim.job);
      await endBatch(tx, claim.job);
    } else await sendWithCommit(tx, others);
    return true;
  });
}

/** Changes the columns of a job. Returns false if the attempt no longer owns the job. */
async function changeOwned(
  tx: Tx,
  { change, ...owned }: { change: Updateable<JobsTable>; jobId: string; attemptId: string },
): Promise<boolean> {
  const columns = Object.keys(change) as (keyof JobsTable)[];
  return (await updateOwned(tx, { columns }, { ...change, ...owned })).length > 0;
}

type OwnedChange = Updateable<JobsTable> & { jobId: string; attemptId: string };

const updateOwned = compileEach<{ columns: (keyof JobsTable)[] }, OwnedChange, { id: string }>(
  (db, values, { columns }) =>
    db
      .updateTable('jobs')
      .set(Object.fromEntries(columns.map((column) => [column, values[column]])))
      .where('id', '=', values.jobId)
      .where('current_attempt', '=', values.attemptId)
      .where('status', '=', 'processing')
      .returning('id'),
);

/** Changes the other rows that change when the job ends, in one round trip. */
async function changeOthers(
  context: JobsContext,
  tx: Tx,
  claim: Claim,
  { apply, outputs, failures = [], attempt, inputSeconds }: Completion,
  { now, expiresAt }: { now: Date; expiresAt: Date },
): Promise<void> {
  const failure = failures[0]?.failure ?? null;
  await Promise.all([
    apply?.(tx),
    completeOutputs(context, tx, claim, outputs, expiresAt),
    ...failures.map((failed) =>
      failOutput(context, tx, { id: failed.outputId, account_id: claim.job.account_id }, failed.failure),
    ),
    endAttempt(context, tx, claim, {
      ...{ state: failure ? 'failed' : 'completed', facts: attempt },
      errorCode: failure?.code ?? null,
    }),
    closeSources(tx, claim.job),
    ...(failure ? [traitsOf(context, claim.job)?.onEnd?.(context, tx, claim.job, failure)] : []),
    // A failed job is not billed. A child is billed as a part of its parent.
    inputSeconds === null || failure || claim.job.parent_id !== null
      ? null
      : addUsage(tx, claim.job.account_id, billableMinutes(inputSeconds), now),
    failure
      ? recordJobEvent(context, tx, claim.job, 'failed', { error_code: failure.code })
      : recordJobEvent(context, tx, claim.job, 'completed', {}),
  ]);
}

/**
 * Whether the job expires as soon as it ends and has nothing to erase, like an inspection. Marking such a job as erased in the statement
 * that ends it saves the sweep a transaction.
 */
function leavesNothing({ job, number, outputs }: Claim, result: Completion): boolean {
  // An earlier attempt may have stored messages of FFmpeg.
  if (number > 1 || job.retention_seconds > 0 || job.request_sealed || outputs.length > 0) return false;
  return result.plan === null && result.attempt === null && result.warnings.length === 0;
}

/**
 * Ends the attempt as failed. The job returns to the queue if a retry can help and an attempt is left. Otherwise the job fails. Returns
 * false if this attempt no longer owns the job.
 */
export async function failAttempt(
  context: JobsContext,
  claim: Claim,
  failure: Failure & { retry: boolean },
  attempt: AttemptFacts | null,
): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return false;
    await endAttempt(context, tx, claim, { state: 'failed', facts: attempt, errorCode: failure.code });
    const spent = await spentAttempts(tx, job.id);
    if (failure.retry && spent < MAX_ATTEMPTS) {
      await requeue(context, tx, job, { delaySeconds: 2 ** spent, reason: failure.code });
    } else {
      await endFailed(context, tx, job, failure, attempt);
    }
    return true;
  });
}

/**
 * Returns the job to the queue, for example because the worker drains or lacks the capacity for the job. The attempt does not count.
 * Returns false if the attempt no longer owns the job.
 */
export async function releaseJob(
  context: JobsContext,
  claim: Ownership,
  { delaySeconds, reason } = { delaySeconds: 0, reason: 'released' },
): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await releaseAttempt(context, tx, claim);
    if (!job) return false;
    await requeue(context, tx, job, { delaySeconds, reason });
    return true;
  });
}

/** Returns an open job to the queue. Without a delay, the job keeps its position ahead of newer jobs. */
export async function requeue(
  context: JobsContext,
  tx: Tx,
  job: Job,
  options: { delaySeconds: number; reason: string },
): Promise<void> {
  const { delaySeconds } = options;
  await tx
    .updateTable('jobs')
    .set({
      ...WITHOUT_ATTEMPT,
      available_at: delaySeconds > 0 ? sql`now() + make_interval(secs => ${delaySeconds})` : job.created_at,
      updated_at: new Date(),
    })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .execute();
  await recordJobEvent(context, tx, job, 'retrying', { error_code: options.reason });
  await notify(tx, 'airlock_queue', job.resource_class);
}

/** Sets an open job to failed. The caller has locked its row. */
export async function endFailed(
  context: JobsContext,
  tx: Tx,
  job: Job,
  failure: Failure,
  attempt: AttemptFacts | null,
): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({
      ...failedColumns(context, job, failure),
      ...limitsOf(attempt),
      ...endColumns(job, new Date()),
    })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .execute();
  await failOutputs(tx, job, failure.code);
  await closeSources(tx, job);
  await dropUnconfirmed(context, tx, job, failure);
  await traitsOf(context, job)?.onEnd?.(context, tx, job, failure);
  await recordJobEvent(context, tx, job, 'failed', { error_code: failure.code });
  await wakeParent(tx, job);
  await endBatch(tx, job);
}

function failedColumns({ vault }: JobsContext, job: Job, { code, message }: Failure) {
  return {
    status: 'failed' as const,
    error_code: code,
    error_sealed: sealColumn(vault, 'jobs', 'error_sealed', job, message),
    eta_seconds: null,
  };
}

/** Returns the column `limits`: the limits that applied if the attempt ran a cell, otherwise null. */
function limitsOf(attempt: AttemptFacts | null) {
  return { limits: attempt?.limits ? storedLimits.write(attempt.limits) : null };
}

/** Sets an open job to failed because its worker died in each attempt. The caller has locked its row. */
export async function failLostJob(context: JobsContext, tx: Tx, job: Job): Promise<void> {
  const message = `The worker died in each of ${MAX_ATTEMPTS} attempts.`;
  await endFailed(context, tx, job, { code: 'worker_lost', message }, null);
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
    UPDATE objects SET delete_after = greatest(delete_after, now() + make_interval(secs => ${retention_seconds}))
    FROM locked WHERE objects.id = locked.id AND state = 'live' AND kind = 'upload'`,
);

/**
 * Whether this attempt has already ended the job with these outputs. The caller retries a commit whose response was lost with the
 * connection.
 */
async function isCompletedWith(tx: Tx, claim: Claim, outputs: readonly StoredOutput[]): Promise<boolean> {
  const row = await tx
    .selectFrom('jobs')
    .select('id')
    .where('id', '=', claim.job.id)
    .where('current_attempt', '=', claim.attemptId)
    .where('status', 'in', ['completed', 'failed'])
    .executeTakeFirst();
  return row !== undefined && hasOutputs(tx, claim.job, outputs);
}

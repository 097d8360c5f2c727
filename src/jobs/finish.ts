import type { Updateable } from 'kysely';
import type { Warning } from '../contract/common.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import { compileEach } from '../database/compile-once.ts';
import { notify } from '../database/notify.ts';
import { sendWithCommit, type Tx } from '../database/pool.ts';
import { sealColumn } from '../database/sealed-columns.ts';
import type { JobsTable } from '../database/tables.ts';
import { type AttemptFacts, endAttempt, spentAttempts } from './attempts.ts';
import { insertDeliveries } from './deliveries.ts';
import { openTarget } from './delivery.ts';
import {
  afterEnd,
  closeSources,
  END_COLUMNS,
  endChildren,
  endFailed,
  failedColumns,
  limitsOf,
  recordEnd,
} from './end.ts';
import { recordJobEvent } from './job-events.ts';
import type { Failure, JobsContext } from './kind.ts';
import { failOutput, hasOutputs, type StoredOutput, showOutputs } from './outputs.ts';
import { lockDescendants, lockOwned } from './read.ts';
import { releaseAttempt, WITHOUT_ATTEMPT } from './release-attempt.ts';
import {
  type Claim,
  type Job,
  type JobOutput,
  MAX_ATTEMPTS,
  OPEN_STATUSES,
  type Ownership,
  sealWarnings,
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
 * Ends the job with these outputs if this attempt still owns it. Outputs that are not visible yet become visible. A job whose outputs have
 * destinations then awaits their deliveries, whose end also ends the job. Returns false if the attempt was canceled or replaced. The caller
 * must then delete the outputs.
 */
export async function completeJob(context: JobsContext, claim: Claim, result: Completion): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const mayHaveChildren = claim.number > 1;
    if (mayHaveChildren) await lockDescendants(tx, claim.job.id);
    const failure = result.failures?.[0]?.failure ?? null;
    const due = dueDeliveries(context, claim, result);
    const owned = { change: changeOf(context, claim, result), jobId: claim.job.id, attemptId: claim.attemptId };
    const variant = { isAwaiting: due.length > 0, isErased: leavesNothing(claim, result) };
    if (!(await changeOwned(tx, variant, owned))) return isCompletedWith(tx, claim, result.outputs);
    const others = changeOthers(context, tx, claim, result);
    if (due.length > 0) {
      await others;
      if (mayHaveChildren) await endChildren(context, tx, claim.job);
      await insertDeliveries(context, tx, claim.job, due);
      return true;
    }
    const ended = recordEnd(context, tx, claim.job, { failure, inputSeconds: result.inputSeconds });
    const { parent_id, batch_id } = claim.job;
    // In each of these cases, statements depend on the results of earlier statements.
    if (failure || result.apply || parent_id !== null || batch_id !== null || mayHaveChildren) {
      await Promise.all([others, ended]);
      if (mayHaveChildren) await endChildren(context, tx, claim.job);
      await afterEnd(context, tx, claim.job);
    } else await sendWithCommit(tx, Promise.all([others, ended]));
    return true;
  });
}

/** Returns the outputs that have a destination, among the outputs that are now stored. */
function dueDeliveries({ vault }: JobsContext, { outputs: rows }: Claim, { outputs }: Completion) {
  const isStored = ({ id, status }: JobOutput) =>
    status === 'completed' || outputs.some(({ outputId }) => outputId === id);
  return rows.flatMap((row) => {
    const target = isStored(row) ? openTarget(vault, row) : null;
    return target ? [{ row, target }] : [];
  });
}

function changeOf(context: JobsContext, { job }: Claim, result: Completion) {
  const failure = result.failures?.[0]?.failure ?? null;
  return {
    ...(failure ? failedColumns(context, job, failure) : COMPLETED),
    plan_sealed: result.plan === null ? null : sealColumn(context.vault, 'jobs', 'plan_sealed', job, result.plan),
    warnings_sealed: sealWarnings(context.vault, job, result.warnings),
    input_seconds: failure ? null : result.inputSeconds,
    ...limitsOf(result.attempt),
  };
}

const COMPLETED = { status: 'completed' as const, progress: 1, eta_seconds: 0 };

type OwnedChange = Updateable<JobsTable> & { jobId: string; attemptId: string };

interface EndVariant {
  /** Whether the job awaits the deliveries of its outputs instead of ending. */
  isAwaiting: boolean;
  isErased: boolean;
}

/** Changes the columns of a job that ends or awaits deliveries. Returns false if the attempt no longer owns the job. */
async function changeOwned(
  tx: Tx,
  variant: EndVariant,
  { change, ...owned }: { change: Updateable<JobsTable>; jobId: string; attemptId: string },
): Promise<boolean> {
  const columns = Object.keys(change) as (keyof JobsTable)[];
  return (await updateOwned(tx, { columns, ...variant }, { ...change, ...owned })).length > 0;
}

const ERASED_COLUMNS = { erased_at: databaseNow, erased_reason: 'retention' as const };
/** The job keeps the id of its last attempt, which the manifest describes. It has ended, so no worker owns the job. */
const AWAITING_COLUMNS = {
  status: 'pending' as const,
  awaiting: 'delivery' as const,
  progress: 1,
  speed: null,
  fps: null,
  eta_seconds: null,
  error_code: null,
  error_sealed: null,
  resume_sealed: null,
  updated_at: databaseNow,
};

const updateOwned = compileEach<EndVariant & { columns: (keyof JobsTable)[] }, OwnedChange, { id: string }>(
  (db, values, { columns, isAwaiting, isErased }) =>
    db
      .updateTable('jobs')
      .set({
        ...Object.fromEntries(columns.map((column) => [column, values[column]])),
        ...(isAwaiting ? AWAITING_COLUMNS : END_COLUMNS),
        ...(isErased && ERASED_COLUMNS),
      })
      .where('id', '=', values.jobId)
      .where('current_attempt', '=', values.attemptId)
      .where('status', '=', 'processing')
      .returning('id'),
);

/** Changes the other rows that change when the outputs of a job are stored, in one round trip. */
async function changeOthers(
  context: JobsContext,
  tx: Tx,
  claim: Claim,
  { apply, outputs, failures = [], attempt }: Completion,
): Promise<void> {
  const failure = failures[0]?.failure ?? null;
  const unpublished = outputs.filter(({ isPublished }) => !isPublished);
  await Promise.all([
    apply?.(tx),
    showOutputs(context, tx, claim, unpublished),
    ...failures.map((failed) =>
      failOutput(context, tx, { id: failed.outputId, account_id: claim.job.account_id }, failed.failure),
    ),
    endAttempt(context, tx, claim, {
      state: failure ? 'failed' : 'completed',
      facts: attempt,
      errorCode: failure?.code ?? null,
    }),
    closeSources(tx, claim.job),
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
    await lockDescendants(tx, claim.job.id);
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
      available_at: delaySeconds > 0 ? inSeconds(delaySeconds) : job.created_at,
      updated_at: databaseNow,
    })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .execute();
  await recordJobEvent(context, tx, job, 'retrying', { error_code: options.reason });
  await notify(tx, 'airlock_queue', job.resource_class);
}

/** Sets an open job to failed because its worker died in each attempt. The caller has locked its row. */
export async function failLostJob(context: JobsContext, tx: Tx, job: Job): Promise<void> {
  const message = `The worker died in each of ${MAX_ATTEMPTS} attempts.`;
  await endFailed(context, tx, job, { code: 'worker_lost', message }, null);
}

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
    .where((where) => where.or([where('status', 'in', ['completed', 'failed']), where('awaiting', '=', 'delivery')]))
    .executeTakeFirst();
  return row !== undefined && hasOutputs(tx, claim.job, outputs);
}

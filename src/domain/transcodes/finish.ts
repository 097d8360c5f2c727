import { sql } from 'kysely';
import type { Warning } from '../../contract/common.ts';
import type { FailureCode } from '../../contract/failures.ts';
import type { Tx } from '../../database/pool.ts';
import { uuidv7 } from '../../ids/uuid.ts';
import { type Context, MAX_ATTEMPTS } from '../context.ts';
import { addEvent } from '../events.ts';
import { lockObjects } from '../objects.ts';
import { sealColumn } from '../sealed-columns.ts';
import { requireOutputQuota } from '../stored-bytes.ts';
import { addUsage } from '../usage.ts';
import { type AttemptFacts, endAttempt, spentAttempts } from './attempts.ts';
import {
  billableMinutes,
  type Claim,
  endTimes,
  OPEN_STATUSES,
  type OutputFacts,
  sealWarnings,
  type Transcode,
} from './row.ts';

export interface Failure {
  code: FailureCode;
  message: string;
}

/**
 * Remembers the output's key before its bytes are stored, so that a worker that dies in between leaves a row that
 * the sweeper finds. Returns the object's id. Throws `JobFailure` with `storage_quota` when the account holds too much.
 */
export async function reserveOutput(
  context: Context,
  claim: Claim,
  object: { key: string; contentType: string; size: number; sha256: string },
): Promise<string> {
  const id = uuidv7();
  const { account_id, id: transcode_id } = claim.job;
  await context.db.transaction().execute(async (tx) => {
    await requireOutputQuota(tx, account_id, object.size);
    await tx
      .insertInto('objects')
      .values({
        id,
        account_id,
        key: object.key,
        kind: 'output',
        transcode_id,
        content_type: object.contentType,
        size: object.size,
        sha256: object.sha256,
        state: 'pending',
        delete_after: new Date(Date.now() + 3600_000),
      })
      .execute();
  });
  return id;
}

/**
 * Ends the job well, once: nothing happens unless this attempt still owns it (design 5.3). False: it was canceled
 * or replaced, and the caller must delete its output.
 */
export async function completeTranscode(
  context: Context,
  claim: Claim,
  result: {
    objectId: string;
    output: OutputFacts;
    plan: unknown;
    warnings: Warning[];
    inputSeconds: number;
    attempt: AttemptFacts;
  },
): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const now = new Date();
    const times = endTimes(claim.job, now);
    const won = await tx
      .updateTable('transcodes')
      .set({
        status: 'completed',
        progress: 1,
        eta_seconds: 0,
        output_object_id: result.objectId,
        output_probe: JSON.stringify(result.output),
        plan_sealed: sealColumn(context.vault, 'transcodes', 'plan_sealed', claim.job, JSON.stringify(result.plan)),
        warnings_sealed: sealWarnings(context.vault, claim.job, result.warnings),
        input_seconds: result.inputSeconds,
        ...limitsOf(result.attempt),
        ...times,
      })
      .where('id', '=', claim.job.id)
      .where('current_attempt', '=', claim.attemptId)
      .where('status', '=', 'processing')
      .returning('id')
      .executeTakeFirst();
    if (!won) return isCompletedWith(tx, claim, result.objectId);
    await tx
      .updateTable('objects')
      .set({ state: 'live', delete_after: times.expires_at })
      .where('id', '=', result.objectId)
      .where('state', '=', 'pending')
      .execute();
    await endAttempt(context, tx, claim, 'completed', result.attempt, null);
    await closeInputs(tx, claim.job);
    await addUsage(tx, claim.job.account_id, billableMinutes(result.inputSeconds), now);
    await context.queue.finish(tx, claim.lane, claim.entry);
    await addEvent(tx, { accountId: claim.job.account_id, jobId: claim.job.id }, 'completed');
    return true;
  });
}

/**
 * Ends the attempt badly. The job goes back to the queue when another try can heal it and one is left, else it has
 * failed. False: the job was not this attempt's any more.
 */
export async function failTranscode(
  context: Context,
  claim: Claim,
  failure: Failure & { retry: boolean },
  attempt: AttemptFacts | null,
): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return false;
    await endAttempt(context, tx, claim, 'failed', attempt, failure.code);
    const spent = await spentAttempts(tx, job.id);
    if (failure.retry && spent < MAX_ATTEMPTS) {
      await context.queue.finish(tx, claim.lane, claim.entry);
      await requeue(context, tx, job, { delaySeconds: 2 ** spent, reason: failure.code });
    } else {
      await endFailed(context, tx, job, failure, attempt);
      await context.queue.finish(tx, claim.lane, claim.entry);
    }
    return true;
  });
}

/** Gives the job back untouched, because the worker drains or has no room for it; the try does not count. */
export async function handBack(
  context: Context,
  claim: Claim,
  { delaySeconds, reason } = { delaySeconds: 0, reason: 'handed_back' },
): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return false;
    await endAttempt(context, tx, claim, 'handed_back', null, null);
    await context.queue.finish(tx, claim.lane, claim.entry);
    await requeue(context, tx, job, { delaySeconds, reason });
    return true;
  });
}

/** Puts an open job back into the queue under a new entry; it keeps its place before the jobs that came later. */
export async function requeue(
  context: Context,
  tx: Tx,
  job: Transcode,
  options: { delaySeconds: number; reason: string },
): Promise<void> {
  const entry = await context.queue.enqueue(tx, job.lane, {
    subject: job.id,
    accountId: job.account_id,
    delaySeconds: options.delaySeconds,
    again: true,
  });
  await tx
    .updateTable('transcodes')
    .set({
      status: 'pending',
      current_attempt: null,
      queue_job: entry,
      progress: 0,
      speed: null,
      fps: null,
      eta_seconds: null,
      updated_at: new Date(),
    })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .execute();
  await addEvent(tx, { accountId: job.account_id, jobId: job.id }, 'retrying', { reason: options.reason });
}

/** Sets an open job, whose row the caller holds, to failed. */
export async function endFailed(
  context: Context,
  tx: Tx,
  job: Transcode,
  failure: Failure,
  attempt: AttemptFacts | null,
): Promise<void> {
  await tx
    .updateTable('transcodes')
    .set({
      status: 'failed',
      error_code: failure.code,
      error_sealed: sealColumn(context.vault, 'transcodes', 'error_sealed', job, failure.message),
      eta_seconds: null,
      ...limitsOf(attempt),
      ...endTimes(job, new Date()),
    })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .execute();
  await closeInputs(tx, job);
  await addEvent(tx, { accountId: job.account_id, jobId: job.id }, 'failed', { error_code: failure.code });
}

/** Of an attempt whose cell has run; else nothing is said of limits. */
function limitsOf(attempt: AttemptFacts | null) {
  return { limits: attempt?.limits ? JSON.stringify(attempt.limits) : null };
}

/** Sets an open job, whose row the caller holds, to failed because no worker outlived it. */
export async function endLost(context: Context, tx: Tx, job: Transcode): Promise<void> {
  const message = `The worker died in each of ${MAX_ATTEMPTS} attempts.`;
  await endFailed(context, tx, job, { code: 'worker_lost', message }, null);
}

/** A final job needs its sources no more: whole URLs go, and the uploads' retention counts from now. */
export async function closeInputs(tx: Tx, job: Pick<Transcode, 'id' | 'retention_seconds'>): Promise<void> {
  await tx.updateTable('transcode_inputs').set({ source_sealed: null }).where('transcode_id', '=', job.id).execute();
  await tx.updateTable('transcodes').set({ request_source_sealed: null }).where('id', '=', job.id).execute();
  const inputs = await tx
    .selectFrom('transcode_inputs')
    .select('object_id')
    .where('transcode_id', '=', job.id)
    .execute();
  const objects = inputs.flatMap((input) => (input.object_id ? [input.object_id] : []));
  if (objects.length === 0) return;
  await lockObjects(tx, objects);
  await tx
    .updateTable('objects')
    .set({ delete_after: sql`greatest(delete_after, now() + make_interval(secs => ${job.retention_seconds}))` })
    .where('state', '=', 'live')
    .where('kind', '=', 'upload')
    .where('id', 'in', objects)
    .execute();
}

/** A commit whose answer was lost with the connection is repeated by the caller: it was done, and is done. */
async function isCompletedWith(tx: Tx, claim: Claim, objectId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('transcodes')
    .select('id')
    .where('id', '=', claim.job.id)
    .where('output_object_id', '=', objectId)
    .executeTakeFirst();
  return row !== undefined;
}

/** The job's row, locked, while the attempt still owns it. */
export async function lockOwned(tx: Tx, claim: Claim): Promise<Transcode | undefined> {
  return tx
    .selectFrom('transcodes')
    .selectAll()
    .where('id', '=', claim.job.id)
    .where('current_attempt', '=', claim.attemptId)
    .where('status', '=', 'processing')
    .forUpdate()
    .executeTakeFirst();
}

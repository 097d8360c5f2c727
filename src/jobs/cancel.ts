import { ApiError } from '../contract/errors.ts';
import { notify } from '../database/notify.ts';
import type { Tx } from '../database/pool.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { closeStagingOf } from '../uploads/staging.ts';
import { awaitsUpload, dropUnconfirmed } from './awaited-uploads.ts';
import { endBatch } from './batch-end.ts';
import { childrenOf, wakeParent } from './children.ts';
import { closeSources } from './finish.ts';
import { recordJobEvent } from './job-events.ts';
import { type JobsContext, traitsOf } from './kind.ts';
import { failOutputs } from './outputs.ts';
import { lockJob } from './read.ts';
import { endColumns, isOpen, type Job, OPEN_STATUSES } from './rows.ts';

/** Cancels an open job. Throws 400 with the status if the job is final, and 404 if the account has no such job. */
export async function cancelJob(context: JobsContext, accountId: string, kind: string, id: string): Promise<Job> {
  const { canceled, awaited } = await withTransactionRetry(context.db, async (tx) => {
    const job = await lockJob(tx, accountId, kind, id);
    if (!isOpen(job)) throw new ApiError('cancel_final', null, { status: job.status });
    return { canceled: await endCanceled(context, tx, job), awaited: awaitsUpload(job) };
  });
  // If this fails, a sweep closes the staging keys. The response doesn't wait for storage, which may hang.
  if (awaited) closeUploadsOf(context, id).catch(() => {});
  return canceled;
}

/**
 * Closes the upload URLs of the deleted uploads of a job, which aborts running PUTs if the storage supports this. Deletes bytes that have
 * arrived.
 */
async function closeUploadsOf(context: JobsContext, id: string): Promise<void> {
  const uploads = await context.db
    .selectFrom('uploads')
    .select(['id', 'staging_key', 'url_expires_at'])
    .where('id', 'in', (select) => select.selectFrom('job_sources').select('upload_id').where('job_id', '=', id))
    .where('state', '=', 'deleted')
    .where('staging_closed_at', 'is', null)
    .execute();
  await closeStagingOf(context, uploads, 'staging');
}

/**
 * Sets an open job and its open children to canceled. The caller has locked the rows of the job and of all its descendants. Workers are
 * notified when the transaction commits.
 */
export async function endCanceled(context: JobsContext, tx: Tx, job: Job): Promise<Job> {
  const now = new Date();
  const canceled = await tx
    .updateTable('jobs')
    .set({
      status: 'canceled',
      eta_seconds: null,
      ...endColumns(job, now),
    })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('attempts')
    .set({ state: 'canceled', ended_at: now })
    .where('job_id', '=', job.id)
    .where('state', '=', 'running')
    .execute();
  await failOutputs(tx, job);
  await closeSources(tx, job);
  await dropUnconfirmed(context, tx, job, null);
  await traitsOf(context, job)?.onEnd?.(context, tx, job, null);
  await recordJobEvent(context, tx, job, 'canceled', {});
  await notify(tx, 'airlock_cancel', job.id);
  for (const child of await childrenOf(tx, job.id)) {
    if (isOpen(child)) await endCanceled(context, tx, child);
  }
  await wakeParent(tx, job);
  await endBatch(tx, job);
  return canceled;
}

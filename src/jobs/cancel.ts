import { ApiError } from '../contract/errors.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { closeStagingOf } from '../uploads/staging.ts';
import { awaitsUpload } from './awaited-uploads.ts';
import { endCanceled } from './end.ts';
import type { JobsContext } from './kind.ts';
import { lockJob } from './read.ts';
import { isOpen, type Job } from './rows.ts';

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

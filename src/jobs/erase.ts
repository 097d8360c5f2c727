import type { Actor } from '../accounts/audit.ts';
import { appendAudit } from '../accounts/audit.ts';
import type { Tx } from '../database/pool.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { deleteBytes } from '../objects/deletion.ts';
import { copiesOf, markDeleting } from '../objects/objects.ts';
import { closeStaging } from '../uploads/staging.ts';
import { scrubUploads } from '../uploads/upload.ts';
import { endCanceled } from './end.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { descendantsOf, lockJob } from './read.ts';
import { isOpen, JOB_COLUMNS } from './rows.ts';
import { scrubJobs } from './scrub.ts';

/**
 * Erases a job and its descendants in one transaction. Open jobs are canceled first. All objects that belong to these jobs and the uploads
 * that they used are deleted before this resolves. An upload that another open job needs stays until that job is erased or its retention
 * ends. Idempotent. Returns the time at which the job was erased. Throws `StorageError` if bytes could not be deleted. The sweeper retries
 * such a deletion.
 */
export async function eraseJob(
  context: JobsContext,
  accountId: string,
  kind: string,
  id: string,
  by: Actor,
): Promise<Date> {
  const { at, objects, staging } = await withTransactionRetry(context.db, async (tx) => {
    const job = await lockJob(tx, accountId, kind, id);
    const ids = [id, ...(await descendantsOf(tx, id))];
    await lockUploads(tx, ids);
    await cancelOpen(context, tx, ids);
    const objects = await scrubJobs(tx, ids, 'erased');
    const uploads = await exclusiveUploads(tx, ids);
    const uploadIds = uploads.map((upload) => upload.id);
    objects.push(...uploads.flatMap(({ object_id }) => object_id ?? []), ...(await copiesOf(tx, uploadIds)));
    await scrubUploads(tx, uploadIds, 'erased');
    await markDeleting(tx, objects, 'erased');
    if (!job.erased_at) {
      await recordJobEvent(context, tx, job, 'deleted', { reason: 'erased' });
      const details = { objects: objects.length };
      await appendAudit(tx, { ...by, action: `${kind}.erased`, target: id, result: 'ok', details });
    }
    const { erased_at } = await tx
      .selectFrom('jobs')
      .select('erased_at')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return { at: erased_at!, objects, staging: uploads.filter((upload) => upload.staging_closed_at === null) };
  });
  await deleteBytes(context, objects);
  await Promise.all(staging.map((upload) => closeStaging(context, upload)));
  return at;
}

/** Cancels the open jobs among these. The end of a parent also cancels its children, so each job is read again before its turn. */
async function cancelOpen(context: JobsContext, tx: Tx, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const job = await tx.selectFrom('jobs').select(JOB_COLUMNS).where('id', '=', id).executeTakeFirst();
    if (job && isOpen(job)) await endCanceled(context, tx, job);
  }
}

/** Locks uploads before objects, each in the order of their ids, in the same order as the insert of a job. This prevents deadlocks. */
async function lockUploads(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx
    .selectFrom('uploads')
    .select('id')
    .where('id', 'in', (select) => select.selectFrom('job_sources').select('upload_id').where('job_id', 'in', ids))
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** Returns the uploads that these jobs used and that no other open job needs. */
async function exclusiveUploads(tx: Tx, ids: readonly string[]) {
  return tx
    .selectFrom('uploads')
    .innerJoin('job_sources', 'job_sources.upload_id', 'uploads.id')
    .select([
      'uploads.id',
      'uploads.object_id',
      'uploads.staging_key',
      'uploads.url_expires_at',
      'uploads.staging_closed_at',
    ])
    .distinct()
    .where('job_sources.job_id', 'in', ids)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('job_sources as other')
            .innerJoin('jobs', 'jobs.id', 'other.job_id')
            .select('other.upload_id')
            .whereRef('other.upload_id', '=', 'uploads.id')
            .where('other.job_id', 'not in', ids)
            .where('jobs.completed_at', 'is', null),
        ),
      ),
    )
    .execute();
}

import type { Actor } from '../accounts/audit.ts';
import { appendAudit } from '../accounts/audit.ts';
import { ApiError } from '../contract/errors.ts';
import type { Tx } from '../database/pool.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { wakeWaiting } from '../events/record.ts';
import { deleteBytes } from '../objects/deletion.ts';
import { copiesOf, markDeleting } from '../objects/objects.ts';
import { closeStaging } from '../uploads/staging.ts';
import { scrubUploads, type Upload } from '../uploads/upload.ts';
import { endCanceled } from './end.ts';
import type { JobsContext } from './kind.ts';
import { isOpen } from './rows.ts';

/** Maximum number of jobs that a rejection names. */
const NAMED_JOBS = 20;

/**
 * Deletes an upload. Before this resolves, its name, its bytes and its inspection are deleted, and its URL accepts no more bytes if the
 * storage can close it. Idempotent. Throws `upload_in_use` while an open job needs the upload, `unavailable` if a confirm has just begun,
 * and `StorageError` if bytes could not be deleted. The sweeper retries such a deletion.
 */
export async function eraseUpload(context: JobsContext, found: Upload, by: Actor): Promise<void> {
  const { upload, objects } = await withTransactionRetry(context.db, async (tx) => {
    const upload = await lockUpload(tx, found);
    const objects = [...(upload.object_id ? [upload.object_id] : []), ...(await copiesOf(tx, [upload.id]))];
    if (upload.state !== 'deleted') await forget(context, tx, upload, { by, objects });
    return { upload, objects };
  });
  await deleteBytes(context, objects);
  if (!upload.staging_closed_at) await closeStaging(context, upload);
}

/** Locks the inspection before the upload, in the same order as a worker that ends the inspection. This prevents deadlocks. */
async function lockUpload(tx: Tx, { id, inspection_id }: Upload): Promise<Upload> {
  const lock = (jobId: string) => tx.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().execute();
  if (inspection_id) await lock(inspection_id);
  const upload = await tx.selectFrom('uploads').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!upload) throw new ApiError('not_found');
  // A confirm has begun since the row was first read. Deleting the upload now could deadlock with the end of the inspection.
  if (upload.inspection_id !== inspection_id)
    throw new ApiError('unavailable', { reason: 'the upload is being confirmed', remedy: 'Try again' });
  return upload;
}

async function forget(
  context: JobsContext,
  tx: Tx,
  upload: Upload,
  { by, objects }: { by: Actor; objects: string[] },
): Promise<void> {
  await requireUnused(tx, upload);
  await scrubUploads(tx, [upload.id], 'erased');
  await markDeleting(tx, objects, 'erased');
  const inspection = upload.inspection_id
    ? await tx.selectFrom('jobs').selectAll().where('id', '=', upload.inspection_id).executeTakeFirst()
    : undefined;
  if (inspection && isOpen(inspection)) await endCanceled(context, tx, inspection);
  // A confirm may be waiting for the inspection.
  await wakeWaiting(tx, upload.id);
  await appendAudit(tx, { ...by, action: 'upload.erased', target: upload.id, result: 'ok' });
}

/** Throws `upload_in_use` if an open job needs the upload. The inspection of the upload does not count, because it ends with the upload. */
async function requireUnused(tx: Tx, upload: Upload): Promise<void> {
  const jobs = await tx
    .selectFrom('job_sources')
    .innerJoin('jobs', 'jobs.id', 'job_sources.job_id')
    .select('jobs.id')
    .distinct()
    .where('job_sources.upload_id', '=', upload.id)
    .where('jobs.completed_at', 'is', null)
    .where('jobs.kind', '!=', 'inspection')
    .limit(NAMED_JOBS)
    .execute();
  if (jobs.length === 0) return;
  throw new ApiError('upload_in_use', {
    field: 'filename',
    reason: 'jobs that are not final use it',
    remedy: 'Wait until they end, or cancel or erase them first',
    jobs: jobs.map((job) => job.id),
  });
}

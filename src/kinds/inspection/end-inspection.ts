import { blamesFile } from '../../contract/failures.ts';
import type { Tx } from '../../database/pool.ts';
import { sealColumn } from '../../database/sealed-columns.ts';
import { wakeWaiting } from '../../events/record.ts';
import { canUseUpload, keepForNextInspection, lockJobOfUpload } from '../../jobs/awaited-uploads.ts';
import { endFailed } from '../../jobs/end.ts';
import type { Failure, JobsContext } from '../../jobs/kind.ts';
import type { Job } from '../../jobs/rows.ts';
import { markDeleting } from '../../objects/objects.ts';
import { scrubUploads, type Upload } from '../../uploads/upload.ts';

type Inspected = Pick<Upload, 'id' | 'account_id' | 'object_id'>;

/**
 * Ends the inspection of an upload without a result, in the transaction in which the inspection fails or is canceled. Rejects the upload
 * only if the failure says something about its file. Otherwise keeps the upload, so that the next confirm queues another inspection.
 */
export async function endInspection(context: JobsContext, tx: Tx, job: Job, failure: Failure | null): Promise<void> {
  const inspected = (db: Tx) =>
    db.selectFrom('uploads').where('inspection_id', '=', job.id).where('state', '=', 'confirming');
  const found = await inspected(tx).select('job_id').executeTakeFirst();
  const waiting = found && (await lockJobOfUpload(tx, found));
  const upload = await inspected(tx).select(['id', 'account_id', 'object_id']).forUpdate().executeTakeFirst();
  if (!upload) return;
  if (failure && isFinal(failure)) await rejectUpload(context, tx, { upload, waiting, reason: failure.message });
  else await keepForNextInspection(tx, upload);
  await wakeWaiting(tx, upload.id);
}

/** Whether no further inspection can accept the upload: its file is at fault, or its bytes are deleted. */
function isFinal({ code }: Failure): boolean {
  return blamesFile(code) || code === 'input_deleted';
}

/**
 * Rejects an upload: clears its name, marks its bytes for deletion, stores the reason for the client that confirms it, and fails the job
 * that awaits it.
 */
async function rejectUpload(
  context: JobsContext,
  tx: Tx,
  { upload, waiting, reason }: { upload: Inspected; waiting: Job | undefined; reason: string },
): Promise<void> {
  await tx
    .updateTable('uploads')
    .set({
      refusal_sealed: sealColumn(context.vault, 'uploads', 'refusal_sealed', upload, reason),
      check_at: null,
    })
    .where('id', '=', upload.id)
    .execute();
  await scrubUploads(tx, [upload.id], 'refused');
  if (upload.object_id) await markDeleting(tx, [upload.object_id], 'refused');
  if (waiting && canUseUpload(waiting)) {
    await endFailed(context, tx, waiting, { code: 'upload_rejected', message: reason }, null);
  }
}

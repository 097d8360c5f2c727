import type { Tx } from '../../database/pool.ts';
import { sealColumn } from '../../database/sealed-columns.ts';
import { wakeWaiting } from '../../events/record.ts';
import { canUseUpload, lockJobOfUpload } from '../../jobs/awaited-uploads.ts';
import { endFailed } from '../../jobs/end.ts';
import type { Failure, JobsContext } from '../../jobs/kind.ts';
import type { Job } from '../../jobs/rows.ts';
import { markDeleting } from '../../objects/objects.ts';
import { scrubUploads } from '../../uploads/upload.ts';

/**
 * Rejects an upload in the transaction in which its inspection fails: clears its name, marks its bytes for deletion,
 * stores the reason for the client that confirms it, and fails the job that awaits it.
 */
export async function rejectUpload(context: JobsContext, tx: Tx, job: Job, failure: Failure | null): Promise<void> {
  const inspected = (db: Tx) =>
    db.selectFrom('uploads').where('inspection_id', '=', job.id).where('state', '=', 'confirming');
  const found = await inspected(tx).select('job_id').executeTakeFirst();
  const waiting = found && (await lockJobOfUpload(tx, found));
  const upload = await inspected(tx).select(['id', 'account_id', 'object_id']).forUpdate().executeTakeFirst();
  if (!upload) return;
  const reason = failure?.message ?? 'The inspection of the file was canceled.';
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
  await wakeWaiting(tx, upload.id);
  if (waiting && canUseUpload(waiting)) {
    await endFailed(context, tx, waiting, { code: 'upload_rejected', message: reason }, null);
  }
}

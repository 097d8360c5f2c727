import type { Context } from '../../database/context.ts';
import type { Tx } from '../../database/pool.ts';
import { sealColumn } from '../../database/sealed-columns.ts';
import { wakeWaiting } from '../../events/record.ts';
import type { Failure } from '../../jobs/kind.ts';
import type { Job } from '../../jobs/rows.ts';
import { markDeleting } from '../../objects/objects.ts';
import { scrubUploads } from '../../uploads/upload.ts';

/**
 * Rejects an upload in the transaction in which its inspection fails: clears its name, marks its bytes for deletion,
 * and stores the reason for the client that confirms it.
 */
export async function rejectUpload(context: Context, tx: Tx, job: Job, failure: Failure | null): Promise<void> {
  const upload = await tx
    .selectFrom('uploads')
    .select(['id', 'account_id', 'object_id'])
    .where('inspection_id', '=', job.id)
    .where('state', '=', 'confirming')
    .forUpdate()
    .executeTakeFirst();
  if (!upload) return;
  const reason = failure?.message ?? 'The inspection of the file was canceled.';
  await tx
    .updateTable('uploads')
    .set({ refusal_sealed: sealColumn(context.vault, 'uploads', 'refusal_sealed', upload, reason) })
    .where('id', '=', upload.id)
    .execute();
  await scrubUploads(tx, [upload.id], 'refused');
  if (upload.object_id) await markDeleting(tx, [upload.object_id], 'refused');
  await wakeWaiting(tx, upload.id);
}

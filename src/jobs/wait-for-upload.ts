import { databaseNow } from '../database/clock.ts';
import { UPLOAD_COLUMNS } from '../database/every-column.ts';
import type { Tx } from '../database/pool.ts';
import { wakeWaiting } from '../events/record.ts';
import { inspectionJson, type Upload } from '../uploads/upload.ts';
import { giveUpload } from './awaited-uploads.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { releaseAttempt, WITHOUT_ATTEMPT } from './release-attempt.ts';
import type { Claim } from './rows.ts';

/**
 * Ends an attempt that began before the upload was complete and that cannot continue. The attempt does not count, and the job awaits
 * its upload again. If the upload has been confirmed, the job returns to the queue. Returns false if this attempt no longer owns the
 * job.
 */
export async function waitForUpload(context: JobsContext, claim: Claim): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await releaseAttempt(context, tx, claim);
    if (!job) return false;
    await tx
      .updateTable('jobs')
      .set({
        ...WITHOUT_ATTEMPT,
        ...{ awaiting: 'upload', updated_at: databaseNow },
      })
      .where('id', '=', job.id)
      .execute();
    await recordJobEvent(context, tx, job, 'retrying', { error_code: 'upload_incomplete' });
    const uploads = await lockUploads(tx, job.id);
    const open = uploads.filter(({ state }) => state !== 'confirmed').map(({ id }) => id);
    // The next check finds bytes that have become complete, and fails the job if the upload was rejected.
    if (open.length > 0)
      await tx.updateTable('uploads').set({ check_at: databaseNow }).where('id', 'in', open).execute();
    for (const { id, state, object_id: objectId, probe } of uploads) {
      if (state !== 'confirmed' || objectId === null) continue;
      const waiting = { ...job, status: 'pending', awaiting: 'upload' } as const;
      await giveUpload(tx, waiting, { id, objectId, inspection: inspectionJson.readOrNull(probe) });
    }
    await wakeWaiting(tx, job.id);
    return true;
  });
}

/** Locks and returns the uploads that the job was created with, in any state. The caller has locked the job. */
function lockUploads(tx: Tx, jobId: string): Promise<Upload[]> {
  return tx
    .selectFrom('uploads')
    .select(UPLOAD_COLUMNS)
    .where('id', 'in', (select) => select.selectFrom('job_sources').select('upload_id').where('job_id', '=', jobId))
    .where('job_id', '=', jobId)
    .orderBy('id')
    .forUpdate()
    .execute();
}

import { sql } from 'kysely';
import { inSeconds } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import { UPLOAD_COLUMNS } from '../database/every-column.ts';
import { notification } from '../database/notify.ts';
import type { Database, Db, Tx } from '../database/pool.ts';
import { sealColumn } from '../database/sealed-columns.ts';
import { withPipelinedTransaction } from '../database/transaction-retry.ts';
import { wakeWaiting } from '../events/record.ts';
import { markDeleting } from '../objects/objects.ts';
import { type Inspection, inspectionJson, scrubUploads, type Upload } from '../uploads/upload.ts';
import type { Failure, JobsContext } from './kind.ts';
import { JOB_COLUMNS, type Job } from './rows.ts';

/*
 * A job can be created with its uploads. Such a job awaits its uploads without a slot: no worker claims the job, and no
 * outage fails the job. `uploads.job_id` names the job, and `uploads.check_at` is set while the job needs the upload to arrive:
 *
 *     upload pending     the bytes have not arrived: `check-uploads.ts` checks for them. If they arrive in parts, the job may
 *                        be in the queue or processing (`start-early.ts`), and may await its upload again (`wait-for-upload.ts`)
 *     upload confirming  sealed. `inspection_id` is the job, whose attempt checks the upload, or an inspection for a confirm. It is
 *                        null if an inspection failed for a reason other than the file: the job or the next confirm checks it
 *     upload confirmed   like any other upload
 *     upload deleted     missing, rejected, or deleted with its job
 *
 * Each change locks the job before its uploads, so that only one process releases, fails or cancels the job.
 */

/** Locks and returns the job that an upload was created with. Returns undefined if the upload has no job. */
export async function lockJobOfUpload(tx: Tx, { job_id }: Pick<Upload, 'job_id'>): Promise<Job | undefined> {
  if (job_id === null) return undefined;
  return tx.selectFrom('jobs').select(JOB_COLUMNS).where('id', '=', job_id).forUpdate().executeTakeFirst();
}

export function awaitsUpload({ status, awaiting }: Pick<Job, 'status' | 'awaiting'>): boolean {
  return status === 'pending' && awaiting === 'upload';
}

/** Whether a job can use an upload that is sealed now: the job awaits the upload, or is waiting for an attempt that will read the parts. */
export function canUseUpload({ status, awaiting }: Pick<Job, 'status' | 'awaiting'>): boolean {
  return status === 'pending' && (awaiting === 'upload' || awaiting === null);
}

/**
 * Lets the job use a sealed upload: the source of the job gets the object, and the result of the inspection if there was an inspection. The
 * job returns to the queue once no upload is missing. The caller has locked the job, and changed the upload in this transaction.
 */
export async function giveUpload(
  tx: Tx,
  job: Job,
  upload: { id: string; objectId: string; inspection: Inspection | null },
): Promise<void> {
  if (!canUseUpload(job)) return;
  await Promise.all([
    tx
      .updateTable('job_sources')
      .set({
        object_id: upload.objectId,
        ...(upload.inspection && { probe: inspectionJson.write(upload.inspection) }),
      })
      .where('job_id', '=', job.id)
      .where('upload_id', '=', upload.id)
      .execute(),
    release(tx, job),
  ]);
}

/**
 * Returns a job to the queue if it awaits uploads and no upload is missing. This is a separate statement, so that it sees the rows in their
 * state after the lock.
 */
async function release(tx: Tx, { id }: Pick<Job, 'id'>): Promise<void> {
  await releaseLocked(tx, { id });
}

// The job is due from now on, so that the time of a slow upload doesn't put the job before other accounts' jobs. If a confirm inspects an
// upload of the job, only this inspection releases the job.
const releaseLocked = compileOnce(
  (_db, { id }: { id: string }) => sql`
    UPDATE jobs SET awaiting = NULL, available_at = now(), updated_at = now()
    WHERE id = ${id} AND status = 'pending' AND awaiting = 'upload' AND NOT EXISTS (
      SELECT FROM uploads WHERE job_id = ${id} AND check_at IS NOT NULL
        AND (state IN ('pending', 'deleted') OR (state = 'confirming' AND inspection_id IS DISTINCT FROM ${id})))
    RETURNING ${notification('airlock_queue', sql<string>`resource_class`)}`,
);

/** Seconds until the next check of an upload that has arrived. The check only finds jobs that ended without the upload. */
export const SETTLED_SECONDS = 600;

/**
 * Gives a sealed copy to the job of the upload if the job can use it (`canUseUpload`), in a transaction of one round trip. Returns
 * false if a confirm was faster, or if the job has ended.
 */
export async function claimUpload(
  db: Database,
  { id, job_id: jobId }: Pick<Upload, 'id' | 'job_id'>,
  objectId: string,
): Promise<boolean> {
  if (jobId === null) return false;
  const named = { id, jobId, objectId };
  const [, claimed] = await withPipelinedTransaction(db, (tx) =>
    Promise.all([lockJobRow(tx, named), claimLocked(tx, named), release(tx, { id: jobId })]),
  );
  return claimed.length > 0;
}

type Claimed = { id: string; jobId: string; objectId: string };

const lockJobRow = compileOnce((_db, { jobId }: Pick<Claimed, 'jobId'>) => {
  return sql`SELECT FROM jobs WHERE id = ${jobId} FOR UPDATE`;
});

const claimLocked = compileOnce(
  (_db, { id, jobId, objectId }: Claimed) => sql<{ id: string }>`
    WITH claimed AS (
      UPDATE uploads SET state = 'confirming', object_id = ${objectId}::uuid, inspection_id = jobs.id,
        check_at = ${inSeconds(sql.lit(SETTLED_SECONDS))}
      FROM jobs WHERE uploads.id = ${id}
        AND (uploads.state = 'pending'
          OR uploads.state = 'confirming' AND uploads.inspection_id IS NULL AND uploads.object_id = ${objectId}::uuid)
        AND jobs.id = ${jobId} AND jobs.status = 'pending' AND coalesce(jobs.awaiting, 'upload') = 'upload'
      RETURNING uploads.id
    ), source AS (
      UPDATE job_sources SET object_id = ${objectId}::uuid FROM claimed WHERE job_id = ${jobId} AND upload_id = claimed.id
    )
    SELECT id FROM claimed`,
);

/**
 * Keeps a sealed upload whose inspection has ended without a result. If a job needs the upload, the next check gives the upload to the job.
 * Otherwise the next confirm queues an inspection, or the sweep deletes the upload when it was not confirmed in time.
 */
export async function keepForNextInspection(tx: Tx, { id }: Pick<Upload, 'id'>): Promise<void> {
  await tx
    .updateTable('uploads')
    .set({ inspection_id: null, check_at: sql`CASE WHEN check_at IS NOT NULL THEN now() END` })
    .where('id', '=', id)
    .execute();
}

/** Whether an upload is sealed, and no job inspects it. */
export function lacksInspection({ state, inspection_id }: Pick<Upload, 'state' | 'inspection_id'>): boolean {
  return state === 'confirming' && inspection_id === null;
}

/**
 * Deletes the uploads that a job was created with and that were not confirmed, in the transaction that ends the job as
 * failed, or as canceled if `failure` is null. The caller has locked the job.
 */
export async function dropUnconfirmed(
  { vault }: Pick<JobsContext, 'vault'>,
  tx: Tx,
  job: Pick<Job, 'id'>,
  failure: Failure | null,
): Promise<void> {
  const uploads = await ofJob(tx, job.id)
    .where((where) =>
      where.or([
        where('state', '=', 'pending'),
        where('inspection_id', '=', job.id),
        where('inspection_id', 'is', null),
      ]),
    )
    .where('state', 'in', ['pending', 'confirming'])
    .orderBy('id')
    .forUpdate()
    .execute();
  if (uploads.length === 0) return;
  const rejection = failure?.code === 'upload_rejected' ? failure.message : null;
  const reason = failure === null ? 'erased' : rejection === null ? 'retention' : 'refused';
  const ids = uploads.map(({ id }) => id);
  for (const upload of rejection === null ? [] : uploads) {
    await tx
      .updateTable('uploads')
      .set({ refusal_sealed: sealColumn(vault, 'uploads', 'refusal_sealed', upload, rejection!) })
      .where('id', '=', upload.id)
      .execute();
  }
  await tx.updateTable('uploads').set({ check_at: null }).where('id', 'in', ids).execute();
  await scrubUploads(tx, ids, reason);
  await markDeleting(
    tx,
    uploads.flatMap(({ object_id }) => object_id ?? []),
    reason,
  );
  // Requests that confirm these uploads may be waiting.
  for (const id of ids) await wakeWaiting(tx, id);
}

/** Selects the uploads that a job was created with and still needs. */
export function ofJob(db: Db, jobId: string) {
  return db.selectFrom('uploads').select(UPLOAD_COLUMNS).where('job_id', '=', jobId).where('check_at', 'is not', null);
}

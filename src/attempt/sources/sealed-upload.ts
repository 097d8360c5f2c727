import { type RawBuilder, sql } from 'kysely';
import { accountRetention } from '../../accounts/accounts.ts';
import { JobFailure } from '../../contract/failures.ts';
import { inSeconds } from '../../database/clock.ts';
import { compileOnce } from '../../database/compile-once.ts';
import type { Context } from '../../database/context.ts';
import type { Db, Tx } from '../../database/pool.ts';
import { insertEvents } from '../../events/record.ts';
import { contentTypeMatches, detectMedia, unsupportedReason } from '../../ffmpeg/index.ts';
import { giveUpload, lockJobOfUpload } from '../../jobs/awaited-uploads.ts';
import type { Claim } from '../../jobs/rows.ts';
import { type Inspection, inspectionJson } from '../../uploads/upload.ts';
import { readHead } from '../media/read-head.ts';

/*
 * Functions for uploads whose bytes are sealed, but which are not confirmed yet. An upload is confirmed by an inspection, or by the job
 * with which it was created.
 */

/** An upload with the key of its object, and the settings of its account. */
export type SealedUpload = NonNullable<Awaited<ReturnType<typeof sealedUpload>>>;

export function sealedUpload(db: Db, id: string, objectId: string) {
  return db
    .selectFrom('uploads')
    .innerJoin('accounts', 'accounts.id', 'uploads.account_id')
    .innerJoin('objects', (join) => join.on('objects.id', '=', objectId))
    .select(['uploads.id', 'uploads.account_id', 'uploads.state', 'declared_type', 'inspection_id', 'uploads.job_id'])
    .select(['objects.id as object_id', 'objects.key', 'accounts.retention_seconds', 'accounts.disarm'])
    .where('uploads.id', '=', id)
    .executeTakeFirst();
}

/** Detects the type of a file. Throws `JobFailure` if the file is not supported media, or if its type differs from the declared type. */
export async function checkDeclaredType(path: string, declared: string) {
  const { head, size } = await readHead(path);
  const detected = await detectMedia(head);
  if (!detected) throw new JobFailure('unsupported_media', `The file ${await unsupportedReason(head)}`);
  if (!contentTypeMatches(declared, detected.mime)) {
    throw new JobFailure('unsupported_media', `The file looks like ${detected.mime}, but ${declared} was declared.`);
  }
  return { detected, size };
}

/** The properties that were found in a sealed upload. */
export interface FoundInUpload {
  contentType: string;
  inspection: Inspection;
}

/**
 * Confirms the upload, makes its object live, and records the event, unless the upload was deleted in the meantime. A job that awaits the
 * upload can then use it.
 */
export async function confirmSealed(
  context: Context,
  tx: Tx,
  upload: SealedUpload,
  found: FoundInUpload,
): Promise<void> {
  const job = await lockJobOfUpload(tx, upload);
  const confirmed = await confirm(tx, confirmation(context, upload, found));
  if (job && confirmed.length > 0) {
    await giveUpload(tx, job, { id: upload.id, objectId: upload.object_id, inspection: found.inspection });
  }
}

/**
 * Confirms an upload for the attempt that has checked it, and records `found` for the source of the job, in one statement. Does nothing and
 * returns false if the attempt no longer owns its job.
 */
export async function confirmForAttempt(
  context: Context,
  { attemptId, job }: Pick<Claim, 'attemptId' | 'job'>,
  { upload, position }: { upload: ConfirmableUpload; position: number },
  found: FoundInUpload,
): Promise<boolean> {
  const values = { ...confirmation(context, upload, found), jobId: job.id, attemptId, position };
  return (await confirmOwned(context.db, values)).length > 0;
}

/** The properties of a sealed upload that are needed to confirm it. */
export type ConfirmableUpload = Pick<SealedUpload, 'id' | 'retention_seconds'>;

interface Confirmation extends Pick<FoundInUpload, 'contentType'> {
  id: string;
  probe: string;
  retentionSeconds: number;
}

function confirmation(context: Context, upload: ConfirmableUpload, found: FoundInUpload): Confirmation {
  const retentionSeconds = accountRetention(upload, context.retentionSeconds);
  const { contentType, inspection } = found;
  return { id: upload.id, retentionSeconds, contentType, probe: inspectionJson.write(inspection) };
}

const confirm = compileOnce(
  (_db, values: Confirmation) => sql<{ id: string }>`WITH ${confirming(values, sql``)} SELECT id FROM confirmed`,
);

// Locks the row of the job before the row of the upload. Updates the upload only if the attempt still owns the job.
const confirmOwned = compileOnce(
  (_db, values: Confirmation & { jobId: string; attemptId: string; position: number }) => sql<{ id: string }>`
    WITH owned AS (
      SELECT id FROM jobs WHERE id = ${values.jobId} AND current_attempt = ${values.attemptId} AND status = 'processing'
      FOR UPDATE
    ), source AS (
      UPDATE job_sources SET probe = ${values.probe}::jsonb FROM owned
      WHERE job_id = owned.id AND position = ${values.position}
    ), ${confirming(values, sql`FROM owned`)}
    SELECT id FROM owned`,
);

/** Returns parts of a WITH clause. If `from` has a row, the upload becomes confirmed and its object becomes live. */
function confirming({ id, probe, retentionSeconds, contentType }: Confirmation, from: RawBuilder<unknown>) {
  const events = sql`
    SELECT account_id, NULL::uuid AS job_id, id AS upload_id, 'upload.confirmed' AS type, '{"v":1}'::jsonb AS data
    FROM confirmed`;
  return sql`confirmed AS (
      UPDATE uploads SET state = 'confirmed', confirmed_at = now(), probe = ${probe}::jsonb, check_at = NULL
      ${from} WHERE uploads.id = ${id} AND state = 'confirming' RETURNING uploads.id, account_id, object_id
    ), object AS (
      UPDATE objects SET state = 'live', content_type = ${contentType}::text, delete_after = ${inSeconds(retentionSeconds)}
      FROM confirmed WHERE objects.id = confirmed.object_id AND objects.state = 'pending'
    ), ${insertEvents(events, { wakes: 'uploads' })}`;
}

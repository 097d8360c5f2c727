import { sql } from 'kysely';
import { accountRetention } from '../../accounts/accounts.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { Context } from '../../database/context.ts';
import type { Db, Tx } from '../../database/pool.ts';
import { insertEvents } from '../../events/record.ts';
import { contentTypeMatches, detectMedia } from '../../ffmpeg/index.ts';
import { giveUpload, lockJobOfUpload } from '../../jobs/awaited-uploads.ts';
import type { Job } from '../../jobs/rows.ts';
import { type Inspection, inspectionJson } from '../../uploads/upload.ts';
import { readHead } from '../media/read-head.ts';

/*
 * An upload whose bytes are sealed, and not confirmed yet. An inspection confirms it, or the job that it was created with.
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

/**
 * Detects the type of a file. Throws `JobFailure` if the file is not media, or if it has another type than
 * declared.
 */
export async function checkDeclaredType(path: string, declared: string) {
  const { head, size } = await readHead(path);
  const detected = await detectMedia(head);
  if (!detected || !contentTypeMatches(declared, detected.mime)) {
    const seen = detected ? `looks like ${detected.mime}` : 'is not a supported media file';
    throw new JobFailure('unsupported_media', `The file ${seen}, but ${declared} was declared.`);
  }
  return { detected, size };
}

/** What was found in a sealed upload. */
export interface FoundInUpload {
  contentType: string;
  inspection: Inspection;
}

/**
 * Confirms the upload, makes its object live and records that, unless the upload was deleted meanwhile. A job that awaits
 * the upload can use it. If the caller has locked the job of the upload, `locked` is this job.
 */
export async function confirmSealed(
  context: Context,
  tx: Tx,
  upload: SealedUpload,
  found: FoundInUpload,
  locked?: Job,
): Promise<void> {
  const now = new Date();
  const expiresAt = new Date(now.getTime() + accountRetention(upload, context.retentionSeconds) * 1000);
  const job = locked ?? (await lockJobOfUpload(tx, upload));
  const confirmed = sql`
    SELECT account_id, NULL::uuid AS job_id, id AS upload_id, 'upload.confirmed' AS type, '{"v":1}'::jsonb AS data
    FROM confirmed`;
  const { rows } = await sql<{ id: string }>`
    WITH confirmed AS (
      UPDATE uploads SET state = 'confirmed', confirmed_at = ${now}, probe = ${inspectionJson.write(found.inspection)},
        check_at = NULL
      WHERE id = ${upload.id} AND state = 'confirming' RETURNING id, account_id, object_id
    ), object AS (
      UPDATE objects SET state = 'live', content_type = ${found.contentType}, delete_after = ${expiresAt}
      FROM confirmed WHERE objects.id = confirmed.object_id AND objects.state = 'pending'
    ), ${insertEvents(confirmed, { wakeUploads: true })}
    SELECT id FROM confirmed`.execute(tx);
  if (job && rows.length > 0) {
    await giveUpload(tx, job, { id: upload.id, objectId: upload.object_id, inspection: found.inspection });
  }
}

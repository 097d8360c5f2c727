import { sql } from 'kysely';
import { isFinal } from '../../contract/common.ts';
import type { Tx } from '../../database/pool.ts';
import { appendAudit } from '../audit.ts';
import type { Context } from '../context.ts';
import { addEvent } from '../events.ts';
import { forgetAnswers } from '../idempotency.ts';
import type { Actor } from '../keys.ts';
import { deleteBytes, markDeleting } from '../objects.ts';
import { closeStaging } from '../uploads/staging.ts';
import { forgetUploads } from '../uploads/upload.ts';
import { endCanceled } from './cancel.ts';
import { lockTranscode } from './read.ts';
import { OPEN_STATUSES, type Transcode } from './row.ts';

/**
 * Erases a job now: it is canceled when it is open, and its outputs and the uploads it used are gone before this
 * resolves. An upload that another open job still needs stays until that one is erased or its retention is over.
 * Doing it twice changes nothing. Throws `StorageError` when bytes could not be deleted; the sweeper goes on then.
 */
export async function eraseTranscode(context: Context, accountId: string, id: string, by: Actor): Promise<Date> {
  const { at, objects, staging } = await context.db.transaction().execute(async (tx) => {
    let job = await lockTranscode(tx, accountId, id);
    await lockUploads(tx, id);
    if (!isFinal(job.status)) job = await endCanceled(context, tx, job);
    const at = job.erased_at ?? new Date();
    const objects = await forgetTranscode(tx, job, at, 'erased');
    const uploads = await exclusiveUploads(tx, job.id);
    const staging = uploads.filter((upload) => upload.staging_closed_at === null);
    for (const upload of uploads) if (upload.object_id) objects.push(upload.object_id);
    await forgetUploads(
      tx,
      uploads.map((upload) => upload.id),
    );
    await markDeleting(tx, objects, 'erased');
    if (!job.erased_at) {
      await addEvent(tx, { accountId, jobId: id }, 'deleted', { reason: 'erased' });
      await appendAudit(tx, {
        ...by,
        action: 'transcode.erased',
        target: id,
        result: 'ok',
        details: { objects: objects.length },
      });
    }
    return { at, objects, staging };
  });
  await deleteBytes(context, objects);
  await Promise.all(staging.map((upload) => closeStaging(context, upload)));
  return at;
}

/**
 * Takes every name out of a final job's row and marks it erased; returns its output objects, whose bytes the
 * caller deletes.
 */
export async function forgetTranscode(
  tx: Tx,
  job: Pick<Transcode, 'id'>,
  at: Date,
  reason: NonNullable<Transcode['erased_reason']>,
): Promise<string[]> {
  await tx
    .updateTable('transcode_inputs')
    .set({ url_sealed: null, source_sealed: null })
    .where('transcode_id', '=', job.id)
    .execute();
  await tx.updateTable('attempts').set({ stderr_sealed: null }).where('transcode_id', '=', job.id).execute();
  await forgetAnswers(tx, 'transcode_id', [job.id]);
  const forgotten = await tx
    .updateTable('transcodes')
    .set({
      erased_at: at,
      // Why it went the first time: erasing what retention has taken already changes nothing.
      erased_reason: sql`coalesce(erased_reason, ${reason})`,
      metadata_sealed: null,
      output_name_sealed: null,
      request_sealed: null,
      request_source_sealed: null,
      preset: null,
      requested_limits: null,
      plan_sealed: null,
      error_sealed: null,
      warnings_sealed: null,
    })
    .where('id', '=', job.id)
    .returning('output_object_id')
    .executeTakeFirst();
  return forgotten?.output_object_id ? [forgotten.output_object_id] : [];
}

/** Uploads before objects, both in the order of their ids, as when a job is accepted. */
async function lockUploads(tx: Tx, id: string): Promise<void> {
  await tx
    .selectFrom('uploads')
    .select('id')
    .where('id', 'in', (select) =>
      select.selectFrom('transcode_inputs').select('upload_id').where('transcode_id', '=', id),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
}

async function exclusiveUploads(tx: Tx, id: string) {
  return tx
    .selectFrom('uploads')
    .innerJoin('transcode_inputs', 'transcode_inputs.upload_id', 'uploads.id')
    .select([
      'uploads.id',
      'uploads.object_id',
      'uploads.staging_key',
      'uploads.url_expires_at',
      'uploads.staging_closed_at',
    ])
    .distinct()
    .where('transcode_inputs.transcode_id', '=', id)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('transcode_inputs as other')
            .innerJoin('transcodes', 'transcodes.id', 'other.transcode_id')
            .select('other.upload_id')
            .whereRef('other.upload_id', '=', 'uploads.id')
            .where('other.transcode_id', '!=', id)
            .where('transcodes.status', 'in', OPEN_STATUSES),
        ),
      ),
    )
    .execute();
}

import { sql } from 'kysely';
import type { Actor } from '../accounts/audit.ts';
import { appendAudit } from '../accounts/audit.ts';
import { scrubResponses } from '../accounts/idempotency.ts';
import type { Tx } from '../database/pool.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { deleteBytes } from '../objects/deletion.ts';
import { archivesOf, markDeleting } from '../objects/objects.ts';
import { closeStaging } from '../uploads/staging.ts';
import { scrubUploads } from '../uploads/upload.ts';
import { scrubErasedBatches } from './batches.ts';
import { endCanceled } from './cancel.ts';
import { childrenOf } from './children.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { lockJob } from './read.ts';
import { isOpen, type Job } from './rows.ts';

/**
 * Erases a job and its children. An open job is canceled first. The outputs and the uploads that the job used are deleted before this
 * resolves. An upload that another open job needs stays until that job is erased or its retention ends. Idempotent. Returns the time at
 * which the job was erased. Throws `StorageError` if bytes could not be deleted. The sweeper retries such a deletion.
 */
export async function eraseJob(
  context: JobsContext,
  accountId: string,
  kind: string,
  id: string,
  by: Actor,
): Promise<Date> {
  const { at, objects, staging } = await withTransactionRetry(context.db, async (tx) => {
    let job = await lockJob(tx, accountId, kind, id);
    await lockUploads(tx, id);
    if (isOpen(job)) job = await endCanceled(context, tx, job);
    const at = job.erased_at ?? new Date();
    const objects = await scrubJobs(tx, [id], at, 'erased');
    const uploads = await exclusiveUploads(tx, job.id);
    const staging = uploads.filter((upload) => upload.staging_closed_at === null);
    for (const upload of uploads) if (upload.object_id) objects.push(upload.object_id);
    await scrubUploads(
      tx,
      uploads.map((upload) => upload.id),
      'erased',
    );
    await markDeleting(tx, objects, 'erased');
    if (!job.erased_at) {
      await recordJobEvent(context, tx, job, 'deleted', { reason: 'erased' });
      await appendAudit(tx, {
        ...by,
        action: `${kind}.erased`,
        target: id,
        result: 'ok',
        details: { objects: objects.length },
      });
    }
    return { at, objects, staging };
  });
  await deleteBytes(context, objects);
  await Promise.all(staging.map((upload) => closeStaging(context, upload)));
  for (const child of await childrenOf(context.db, id)) await eraseJob(context, accountId, child.kind, child.id, by);
  return at;
}

/**
 * Clears all names and other texts in the rows of final jobs, and marks the jobs as erased. The texts of a batch are cleared with its last
 * job. Returns the ids of the output objects and of their zips, whose bytes the caller deletes.
 */
export async function scrubJobs(
  tx: Tx,
  ids: readonly string[],
  at: Date,
  reason: NonNullable<Job['erased_reason']>,
): Promise<string[]> {
  if (ids.length === 0) return [];
  const sources = tx
    .updateTable('job_sources')
    .set({ url_sealed: null, source_sealed: null })
    .where('job_id', 'in', ids);
  const attempts = tx.updateTable('attempts').set({ stderr_sealed: null }).where('job_id', 'in', ids);
  const jobs = tx
    .updateTable('jobs')
    .set({
      erased_at: at,
      // Keep the first reason: erasing a job that retention has already erased changes nothing.
      erased_reason: sql`coalesce(erased_reason, ${reason})`,
      metadata_sealed: null,
      webhook_sealed: null,
      request_sealed: null,
      request_source_sealed: null,
      request_settings: null,
      plan_sealed: null,
      resume_sealed: null,
      error_sealed: null,
      warnings_sealed: null,
    })
    .where('id', 'in', ids);
  const named = tx
    .updateTable('job_outputs')
    .set({
      ...{ name_sealed: null, label_sealed: null, error_sealed: null, key_sealed: null, destination_sealed: null },
      // A copy may exist outside of storage. The receipt shows its location.
      delivery_sealed: sql`CASE WHEN delivery_status IN ('pending', 'skipped') THEN NULL ELSE delivery_sealed END`,
    })
    .where('job_id', 'in', ids)
    .returning('object_id');
  const [outputs, , , , batches] = await Promise.all([
    named.execute(),
    sources.execute(),
    attempts.execute(),
    scrubResponses(tx, 'job_id', ids),
    scrubBatchResponses(tx, ids),
    jobs.execute(),
  ]);
  await scrubErasedBatches(tx, batches);
  const objects = outputs.flatMap((output) => (output.object_id ? [output.object_id] : []));
  return [...objects, ...(await archivesOf(tx, objects))];
}

/**
 * Deletes the stored responses to the batches of these jobs, because the response to a batch describes all jobs of the batch. Returns the
 * ids of the batches.
 */
async function scrubBatchResponses(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx
    .selectFrom('jobs')
    .select('batch_id')
    .distinct()
    .where('id', 'in', ids)
    .where('batch_id', 'is not', null)
    .execute();
  const batches = rows.map(({ batch_id }) => batch_id!);
  await scrubResponses(tx, 'batch_id', batches);
  return batches;
}

/** Locks uploads before objects, each in the order of their ids, in the same order as the insert of a job. This prevents deadlocks. */
async function lockUploads(tx: Tx, id: string): Promise<void> {
  await tx
    .selectFrom('uploads')
    .select('id')
    .where('id', 'in', (select) => select.selectFrom('job_sources').select('upload_id').where('job_id', '=', id))
    .orderBy('id')
    .forUpdate()
    .execute();
}

async function exclusiveUploads(tx: Tx, id: string) {
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
    .where('job_sources.job_id', '=', id)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('job_sources as other')
            .innerJoin('jobs', 'jobs.id', 'other.job_id')
            .select('other.upload_id')
            .whereRef('other.upload_id', '=', 'uploads.id')
            .where('other.job_id', '!=', id)
            .where('jobs.completed_at', 'is', null),
        ),
      ),
    )
    .execute();
}

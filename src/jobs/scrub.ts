import { sql } from 'kysely';
import { scrubResponses } from '../accounts/idempotency.ts';
import { databaseNow } from '../database/clock.ts';
import type { Tx } from '../database/pool.ts';
import type { Job } from './rows.ts';
import { scrubErasedBatches } from './scrub-batches.ts';

/**
 * Clears all names and other texts in the rows of final jobs, and marks the jobs as erased. The texts of a batch are cleared with its last
 * job. Returns the ids of the objects that belong to the jobs, also of attempts that were lost. The caller deletes the bytes of the objects.
 */
export async function scrubJobs(
  tx: Tx,
  ids: readonly string[],
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
      // Keep the first time and reason: erasing a job that retention has already erased changes nothing.
      erased_at: sql<Date>`coalesce(erased_at, ${databaseNow})`,
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
  const outputs = tx
    .updateTable('job_outputs')
    .set({
      name_sealed: null,
      label_sealed: null,
      error_sealed: null,
      key_sealed: null,
      destination_sealed: null,
      // A copy may exist outside of storage. The receipt shows its location.
      delivery_sealed: sql`CASE WHEN delivery_status IN ('pending', 'skipped') THEN NULL ELSE delivery_sealed END`,
    })
    .where('job_id', 'in', ids);
  const [objects, , , , , batches] = await Promise.all([
    objectsOf(tx, ids),
    outputs.execute(),
    sources.execute(),
    attempts.execute(),
    scrubResponses(tx, 'job_id', ids),
    scrubBatchResponses(tx, ids),
    jobs.execute(),
  ]);
  await scrubErasedBatches(tx, batches);
  return objects;
}

/** Returns the ids of the outputs of these jobs, and of their zips, whose bytes are not deleted yet. */
async function objectsOf(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx
    .selectFrom('objects')
    .select('id')
    .where('job_id', 'in', ids)
    .where('state', '!=', 'deleted')
    .execute();
  return rows.map(({ id }) => id);
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

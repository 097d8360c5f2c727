import type { Context } from '../database/context.ts';
import { lockObjects, markDeleting } from '../objects/objects.ts';
import { mergeByKey } from '../storage/merge-keys.ts';
import { forgetUploads } from '../uploads/upload.ts';
import { scrubJobs } from './erase.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { knownKeys } from './known-keys.ts';

/** Younger keys may belong to a transaction that has not committed yet. */
const SETTLE_SECONDS = 3600;
const BATCH = 500;

export interface ReconcileReport {
  /** Keys in the storage without a row; their bytes were deleted. */
  unknownKeys: number;
  /** Rows whose bytes are missing; they were marked deleted, so that no client gets a link to them. */
  lostObjects: number;
}

/**
 * Compares storage and rows in both directions and repairs differences. Both are read in key order, one page at a time.
 * Because the two streams are not one snapshot, a missing object is checked once more. A key or a row that fails is
 * reported and stops no other.
 */
export async function reconcileStorage(context: JobsContext, settleSeconds = SETTLE_SECONDS): Promise<ReconcileReport> {
  const settled = new Date(Date.now() - settleSeconds * 1000);
  const report: ReconcileReport = { unknownKeys: 0, lostObjects: 0 };
  let unknown: string[] = [];
  let missing: { id: string; key: string }[] = [];
  const forget = async ({ id, key }: { id: string; key: string }) => {
    if (!(await context.store.head(key)) && (await scrubMissingObject(context, id))) report.lostObjects += 1;
  };
  const flush = async () => {
    report.unknownKeys += await deleteUnknown(context, unknown);
    await context.rows.each('reconciliation', missing, forget, { idOf: ({ id }) => id });
    [unknown, missing] = [[], []];
  };
  for await (const { left: stored, right: row } of mergeByKey(context.store.list(''), knownKeys(context.db))) {
    if (stored && !row && stored.lastModified < settled) {
      unknown.push(stored.key);
    } else if (!stored && row?.live && row.live.since < settled) {
      missing.push({ id: row.live.id, key: row.key });
    }
    if (unknown.length + missing.length >= BATCH) await flush();
  }
  await flush();
  return report;
}

async function deleteUnknown(context: Pick<Context, 'db' | 'store' | 'rows'>, keys: string[]): Promise<number> {
  if (keys.length === 0) return 0;
  const objects = await context.db
    .selectFrom('objects')
    .select('key')
    .where('key', 'in', keys)
    .where('state', '!=', 'deleted')
    .execute();
  const staging = await context.db
    .selectFrom('uploads')
    .select('staging_key')
    .where('staging_key', 'in', keys)
    .where('state', '=', 'pending')
    .execute();
  const known = new Set([...objects.map((row) => row.key), ...staging.map((row) => row.staging_key)]);
  const unknown = keys.filter((key) => !known.has(key));
  const { deleted, failed } = await context.store.deleteMany(unknown);
  for (const [key, error] of failed) await context.rows.failed('reconciliation', key, error);
  return deleted.length;
}

/** Returns false if the row is no longer live: its bytes have been deleted on purpose. */
async function scrubMissingObject(context: JobsContext, objectId: string): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    await lockObjects(tx, [objectId]);
    const live = tx.selectFrom('objects').select('id').where('id', '=', objectId).where('state', '=', 'live');
    if (!(await live.executeTakeFirst())) return false;
    await markDeleting(tx, [objectId], 'lost');
    const uploads = await tx.selectFrom('uploads').select('id').where('object_id', '=', objectId).execute();
    await forgetUploads(
      tx,
      uploads.map((upload) => upload.id),
      'lost',
    );
    const job = await tx
      .selectFrom('job_outputs')
      .innerJoin('jobs', 'jobs.id', 'job_outputs.job_id')
      .select(['jobs.id', 'jobs.account_id', 'jobs.kind'])
      .where('job_outputs.object_id', '=', objectId)
      .where('jobs.erased_at', 'is', null)
      .executeTakeFirst();
    if (!job) return true;
    await scrubJobs(tx, [job.id], new Date(), 'lost');
    await recordJobEvent(context, tx, job, 'deleted', { reason: 'lost' });
    return true;
  });
}

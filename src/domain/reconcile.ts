import type { Context } from './context.ts';
import { addEvent } from './events.ts';
import { markDeleting } from './objects.ts';
import { forgetTranscode } from './transcodes/erase.ts';
import { forgetUploads } from './uploads/upload.ts';

/** Keys younger than this may belong to a transaction that has not committed yet. */
const SETTLE_SECONDS = 3600;

export interface ReconcileReport {
  /** Keys in the storage that no row knew: deleted. */
  unknownKeys: number;
  /** Rows whose bytes are gone: marked deleted, so that nobody is sent to them. */
  lostObjects: number;
}

/** Compares storage and rows both ways and mends what differs (issue: nothing stays, nothing dangles). */
export async function reconcileStorage(context: Context, settleSeconds = SETTLE_SECONDS): Promise<ReconcileReport> {
  const settled = new Date(Date.now() - settleSeconds * 1000);
  const report: ReconcileReport = { unknownKeys: 0, lostObjects: 0 };
  const seen = new Set<string>();
  let batch: string[] = [];
  const flush = async () => {
    report.unknownKeys += await deleteUnknown(context, batch);
    batch = [];
  };
  for await (const object of context.store.list('')) {
    seen.add(object.key);
    if (object.lastModified >= settled) continue;
    batch.push(object.key);
    if (batch.length >= 500) await flush();
  }
  await flush();
  report.lostObjects = await forgetLost(context, seen, settled);
  return report;
}

async function deleteUnknown(context: Context, keys: string[]): Promise<number> {
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
  for (const key of unknown) await context.store.delete(key);
  return unknown.length;
}

async function forgetLost(context: Context, seen: Set<string>, settled: Date): Promise<number> {
  const live = await context.db
    .selectFrom('objects')
    .select(['id', 'key'])
    .where('state', '=', 'live')
    .where('created_at', '<', settled)
    .execute();
  let lost = 0;
  for (const object of live) {
    if (seen.has(object.key) || (await context.store.head(object.key))) continue;
    lost += 1;
    await context.db.transaction().execute(async (tx) => {
      await markDeleting(tx, [object.id], 'lost');
      const uploads = await tx.selectFrom('uploads').select('id').where('object_id', '=', object.id).execute();
      await forgetUploads(
        tx,
        uploads.map((upload) => upload.id),
      );
      const job = await tx
        .selectFrom('transcodes')
        .select(['id', 'account_id'])
        .where('output_object_id', '=', object.id)
        .where('erased_at', 'is', null)
        .executeTakeFirst();
      if (!job) return;
      await forgetTranscode(tx, job, new Date(), 'lost');
      await addEvent(tx, { accountId: job.account_id, jobId: job.id }, 'deleted', { reason: 'lost' });
    });
  }
  return lost;
}

import { notify } from '../../database/notify.ts';
import type { Tx } from '../../database/pool.ts';
import { accountRetention, getAccount } from '../accounts.ts';
import type { Context } from '../context.ts';
import { deleteBytes, markDeleting } from '../objects.ts';
import { sealColumn } from '../sealed-columns.ts';
import { forgetUploads, type Inspection, type Upload } from './upload.ts';

/*
 * The worker's side of a confirm: claim an inspection, tell what was found. Nothing but the upload's row decides
 * whether an inspection is still wanted; a second worker that looks at the same upload changes nothing.
 */

export interface ClaimedInspection {
  entry: string;
  upload: Upload;
  objectKey: string;
}

/** Takes the oldest waiting inspection; null when there is none. */
export async function claimInspection(context: Context): Promise<ClaimedInspection | null> {
  for (;;) {
    const claimed = await context.db.transaction().execute(async (tx) => {
      const entry = await context.queue.fetch(tx, 'inspect', []);
      if (!entry) return null;
      const upload = await tx.selectFrom('uploads').selectAll().where('id', '=', entry.subject).executeTakeFirst();
      if (upload?.state !== 'confirming' || !upload.object_id) {
        await context.queue.finish(tx, 'inspect', entry.id);
        return 'stale';
      }
      const object = await tx
        .selectFrom('objects')
        .select('key')
        .where('id', '=', upload.object_id)
        .executeTakeFirstOrThrow();
      return { entry: entry.id, upload, objectKey: object.key };
    });
    if (claimed !== 'stale') return claimed;
  }
}

/** The upload is what it claims to be: it is confirmed and lives from now on. */
export async function acceptInspection(
  context: Context,
  claim: ClaimedInspection,
  found: { contentType: string; inspection: Inspection },
): Promise<void> {
  const account = await getAccount(context.db, claim.upload.account_id);
  const seconds = account ? accountRetention(account, context.retentionSeconds) : context.retentionSeconds;
  await context.db.transaction().execute(async (tx) => {
    const now = new Date();
    const won = await tx
      .updateTable('uploads')
      .set({ state: 'confirmed', confirmed_at: now, probe: JSON.stringify(found.inspection) })
      .where('id', '=', claim.upload.id)
      .where('state', '=', 'confirming')
      .returning('object_id')
      .executeTakeFirst();
    if (won?.object_id) {
      await tx
        .updateTable('objects')
        .set({ state: 'live', content_type: found.contentType, delete_after: new Date(now.getTime() + seconds * 1000) })
        .where('id', '=', won.object_id)
        .where('state', '=', 'pending')
        .execute();
    }
    await context.queue.finish(tx, 'inspect', claim.entry);
    await notify(tx, 'airlock_job', claim.upload.id);
  });
}

/**
 * The upload is something else: its bytes and its name go. The bytes first, because whoever waits for the answer is
 * told with it that they are gone. `reason` is one sentence for its owner.
 */
export async function refuseInspection(context: Context, claim: ClaimedInspection, reason: string): Promise<void> {
  const { id, object_id } = claim.upload;
  const objects = object_id ? [object_id] : [];
  await context.db.transaction().execute(async (tx) => {
    const mine = await tx
      .selectFrom('uploads')
      .select('id')
      .where('id', '=', id)
      .where('state', '=', 'confirming')
      .forUpdate()
      .executeTakeFirst();
    if (mine) await markDeleting(tx, objects, 'refused');
  });
  await deleteBytes(context, objects);
  await context.db.transaction().execute(async (tx) => {
    const refused = await tx
      .updateTable('uploads')
      .set({ refusal_sealed: sealColumn(context.vault, 'uploads', 'refusal_sealed', claim.upload, reason) })
      .where('id', '=', id)
      .where('state', '=', 'confirming')
      .returning('id')
      .executeTakeFirst();
    if (refused) await forgetUploads(tx, [id]);
    await context.queue.finish(tx, 'inspect', claim.entry);
    await notify(tx, 'airlock_job', id);
  });
}

/** The worker could not look (storage away, worker ends): the inspection goes back to the queue. */
export async function returnInspection(context: Context, claim: ClaimedInspection): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    await context.queue.finish(tx, 'inspect', claim.entry);
    const upload = await tx
      .selectFrom('uploads')
      .select(['id', 'account_id'])
      .where('id', '=', claim.upload.id)
      .where('state', '=', 'confirming')
      .where('queue_job', '=', claim.entry)
      .executeTakeFirst();
    if (upload) await askAgain(context, tx, upload, 2);
  });
}

/** Gives an upload that is being confirmed a new queue entry; the one before is ended by the caller. */
export async function askAgain(
  context: Context,
  tx: Tx,
  upload: Pick<Upload, 'id' | 'account_id'>,
  delaySeconds: number,
): Promise<void> {
  const entry = await context.queue.enqueue(tx, 'inspect', {
    subject: upload.id,
    accountId: upload.account_id,
    delaySeconds,
  });
  await tx.updateTable('uploads').set({ queue_job: entry }).where('id', '=', upload.id).execute();
}

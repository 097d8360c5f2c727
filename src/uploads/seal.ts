import { uuidv7 } from '../crypto/uuid.ts';
import { databaseNow } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { sealedKey } from '../storage/keys.ts';
import type { Upload } from './upload.ts';

type Sealing = Pick<Context, 'db' | 'store'>;

/** The bytes at the staging key of an upload with one PUT. */
export type SealedCopy =
  /** A copy of exactly the declared size. Another process may have sealed the upload in the meantime: see `dropCopy`. */
  | { found: 'all'; objectId: string; key: string }
  /** The key contains no bytes. */
  | { found: 'nothing' }
  /** The size differs from the declared size. No signed URL accepts such bytes. */
  | { found: 'other-size' };

/**
 * Copies the bytes of an upload to a key that no signed URL contains, so that they cannot change after they were checked. Each call uses
 * its own key: a slow process must not replace an object that another process has sealed. Throws `StorageError`.
 */
export async function sealCopy(context: Sealing, upload: Upload): Promise<SealedCopy> {
  const { db, store } = context;
  const objectId = uuidv7();
  const key = sealedKey(upload.account_id, objectId);
  // Insert the object's row before its bytes are copied: a copy without a row would never be deleted.
  await insertCopy(db, { ...upload, objectId, key });
  const copied = await store.copy(upload.staging_key, key);
  const size = copied && (copied.size ?? (await store.head(key))?.size);
  if (size === upload.declared_size) return { found: 'all', objectId, key };
  if (copied) await dropCopy(context, { objectId, key });
  else await markDeleted(db, objectId);
  return { found: copied ? 'other-size' : 'nothing' };
}

type Copy = Pick<Upload, 'id' | 'account_id' | 'declared_type' | 'declared_size'> & {
  objectId: string;
  key: string;
};

const insertCopy = compileOnce((db, { objectId, id, key, account_id, declared_type, declared_size }: Copy) =>
  db.insertInto('objects').values({
    id: objectId,
    account_id,
    key,
    kind: 'upload',
    upload_id: id,
    state: 'pending',
    content_type: declared_type,
    size: declared_size,
  }),
);

/** Deletes a copy that no other row refers to. If the deletion fails, the sweeper retries it. */
export async function dropCopy(
  { db, store }: Sealing,
  { objectId, key }: { objectId: string; key: string },
): Promise<void> {
  await store.delete(key);
  await markDeleted(db, objectId);
}

async function markDeleted(db: Db, objectId: string): Promise<void> {
  await db
    .updateTable('objects')
    .set({ state: 'deleted', deleted_at: databaseNow })
    .where('id', '=', objectId)
    .execute();
}

import { committedOf } from '../database/commit-outcome.ts';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { isConnectionLost } from '../database/transient.ts';

type Aborting = Pick<Context, 'db' | 'store'>;

/** An upload in parts that has begun in storage, and whose object was to be inserted. */
export interface Begun {
  objectId: string;
  key: string;
  multipartId: string;
}

/**
 * Aborts uploads in parts that no row contains. An upload that could not be aborted has no parts, because no client knows its URLs. Storage
 * removes such uploads: the embedded storage after a day, a bucket as its lifecycle rule says.
 */
export async function abortUnused({ store }: Pick<Context, 'store'>, uploads: readonly Begun[]): Promise<void> {
  await Promise.all(uploads.map(({ key, multipartId }) => store.abortMultipart(key, multipartId).catch(() => {})));
}

/**
 * Aborts the uploads in parts that a transaction was to insert, after the transaction rejected with `error`. If the transaction has
 * committed, or may still commit, a client can repeat its request and get the URLs of the parts, so these uploads stay. If that must be
 * looked up, doesn't wait for the result, because the client waits for the error.
 */
export async function abortUncommitted(context: Aborting, error: unknown, uploads: readonly Begun[]): Promise<void> {
  const aborted = abortOthers(context, error, uploads);
  if (!isConnectionLost(error)) await aborted;
}

async function abortOthers(context: Aborting, error: unknown, uploads: readonly Begun[]): Promise<void> {
  const ids = uploads.map(({ objectId }) => objectId);
  const committed = await committedOf(context.db, error, ids, findObjects);
  if (!committed) return;
  await abortUnused(
    context,
    uploads.filter(({ objectId }) => !committed.has(objectId)),
  );
}

async function findObjects(db: Db, ids: readonly string[]): Promise<string[]> {
  const found = await db.selectFrom('objects').select('id').where('id', 'in', ids).execute();
  return found.map(({ id }) => id);
}

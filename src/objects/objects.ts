import { type Selectable, sql } from 'kysely';
import type { Context } from '../database/context.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { DeletionReason, ObjectsTable } from '../database/tables.ts';
import type { ObjectStore } from '../storage/types.ts';
import { deleteBytes } from './deletion.ts';

export type StoredObject = Selectable<ObjectsTable>;

/**
 * Locks these rows, in the order of their ids, until the transaction ends. Lock several rows in one call: two
 * transactions that lock the same rows in different orders deadlock.
 */
export async function lockObjects(tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.selectFrom('objects').select('id').where('id', 'in', ids).orderBy('id').forUpdate().execute();
}

/**
 * Marks objects as `deleting`, the first of three steps. `deleteBytes` (`deletion.ts`) then deletes the bytes and marks the objects as
 * `deleted`. If a process dies in between, the sweeper completes the deletion.
 */
export async function markDeleting(tx: Tx, ids: string[], reason: DeletionReason): Promise<void> {
  if (ids.length === 0) return;
  await lockObjects(tx, ids);
  await tx
    .updateTable('objects')
    .set({ state: 'deleting', deletion_reason: reason })
    .where('id', 'in', ids)
    .where('state', 'in', ['pending', 'live'])
    .execute();
}

/** Returns the ids of the zips of these trees that are stored or being stored. The zips are deleted with the trees. */
export async function archivesOf(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('objects')
    .select('id')
    .where('archive_of', '=', sql<string>`ANY(${ids}::uuid[])`)
    .where('archive_of', 'is not', null)
    .where('state', 'in', ['pending', 'live'])
    .execute();
  return rows.map(({ id }) => id);
}

/** Returns the ids of the copies of these uploads that confirms have made, and whose bytes are not deleted yet. */
export async function copiesOf(db: Db, uploadIds: readonly string[]): Promise<string[]> {
  if (uploadIds.length === 0) return [];
  const rows = await db
    .selectFrom('objects')
    .select('id')
    .where('upload_id', '=', sql<string>`ANY(${uploadIds}::uuid[])`)
    .where('state', '!=', 'deleted')
    .execute();
  return rows.map(({ id }) => id);
}

/** Whether storage has any byte of an object, or of any file of a tree. */
export async function hasBytes(
  store: ObjectStore,
  { key, files }: Pick<StoredObject, 'key' | 'files'>,
): Promise<boolean> {
  if (files === null) return (await store.head(key)) !== null;
  for await (const _ of store.list(key)) return true;
  return false;
}

/**
 * Deletes an object that was reserved and never became live. Does nothing to a live object. Also deletes the bytes of an object that the
 * sweeper has deleted already, because the caller may have stored them after that.
 */
export async function dropReserved(context: Pick<Context, 'db' | 'store' | 'rows'>, id: string): Promise<void> {
  await context.db
    .updateTable('objects')
    .set({ state: 'deleting', deletion_reason: 'replaced' })
    .where('id', '=', id)
    .where('state', 'in', ['pending', 'deleted'])
    .execute();
  await deleteBytes(context, [id]);
}

/**
 * SQL condition: an open job reads the object whose id is in that column. Every release sets `completed_at` at the end of a job, regardless
 * of the names of its statuses. `OFFSET 0` makes PostgreSQL check each due row by an index. Without it, PostgreSQL expects far more due
 * rows than there are, and joins them with every job that ever read an object.
 */
export function isReadByOpenJob(column: string) {
  return sql<boolean>`EXISTS (
    SELECT 1 FROM job_sources JOIN jobs AS reader ON reader.id = job_sources.job_id
    WHERE job_sources.object_id = ${sql.ref(column)} AND reader.completed_at IS NULL OFFSET 0)`;
}

/**
 * Locks these objects, and returns the ids of the objects that no open job reads. The insert of a job locks the objects that the job reads,
 * so no job can start to read these objects before the transaction ends.
 */
export async function lockUnread(tx: Tx, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  await lockObjects(tx, ids);
  const rows = await tx
    .selectFrom('objects')
    .select('id')
    .where('id', 'in', ids)
    .where((where) => where.not(isReadByOpenJob('objects.id')))
    .execute();
  return rows.map(({ id }) => id);
}

export async function getObject(db: Db, id: string): Promise<StoredObject | undefined> {
  return db.selectFrom('objects').selectAll().where('id', '=', id).executeTakeFirst();
}

import { sql } from 'kysely';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { forEachAtOnce } from '../storage/at-once.ts';
import { StorageError } from '../storage/types.ts';

/*
 * The last two steps of a deletion: delete the bytes, then update the row. If storage fails to delete an object, the next attempt follows
 * after a delay that doubles with each failure, up to an hour. A failed object delays no other object. A tree is deleted page by page. The
 * next attempt deletes the files that are left.
 */

const FIRST_RETRY_SECONDS = 5;
const LONGEST_RETRY_SECONDS = 3600;
/** Failures after which an object counts as stuck: by then, the cause is not a short outage. */
const STUCK_FAILURES = 3;
/** Number of uploads in parts that are aborted concurrently. */
const AT_ONCE = 16;
/** Number of trees that are deleted concurrently. Each tree deletes many keys at a time. */
const TREES_AT_ONCE = 2;
/** Maximum number of rows of one statement. With more rows, a statement would lock the rows for too long. */
const BATCH = 1000;

type Deleting = Pick<Context, 'db' | 'store' | 'rows'>;

interface Doomed {
  id: string;
  key: string;
  multipart_id: string | null;
  files: number | null;
}

const COLUMNS = ['id', 'key', 'multipart_id', 'files'] as const;

/**
 * Deletes the bytes of objects that are marked `deleting`, and their uploads in parts. Throws `StorageError` if some bytes could not be
 * deleted. The sweeper retries such a deletion.
 */
export async function deleteBytes(context: Deleting, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += BATCH) {
    const rows = await context.db
      .selectFrom('objects')
      .select(COLUMNS)
      .where('id', '=', sql<string>`ANY(${ids.slice(start, start + BATCH)}::uuid[])`)
      .where('state', '=', 'deleting')
      .execute();
    const { error } = await deleteObjects(context, rows);
    if (error) throw error;
  }
}

/** Deletes the bytes of up to a batch of objects whose next attempt is due. `isFull` means that more objects may be due. */
export async function finishDeletions(context: Deleting): Promise<{ done: number; isFull: boolean }> {
  const rows = await dueDeletions(context.db)
    .select(COLUMNS)
    .orderBy('deletion_due_at')
    .orderBy('id')
    .limit(BATCH)
    .execute();
  const { deleted } = await deleteObjects(context, rows);
  return { done: deleted, isFull: rows.length === BATCH };
}

/** Selects the objects whose bytes are to be deleted now. */
export function dueDeletions(db: Db) {
  return db
    .selectFrom('objects')
    .where('state', '=', sql.lit('deleting'))
    .where('deletion_due_at', '<=', sql<Date>`now()`);
}

/** Returns the objects that storage has failed to delete several times, in descending order of failures. */
export async function stuckObjects(db: Db, limit: number) {
  return db
    .selectFrom('objects')
    .select(['id', 'account_id', 'key', 'job_id', 'size', 'deletion_failures', 'deletion_error'])
    .select('deletion_due_at')
    .where('state', '=', 'deleting')
    .where('deletion_failures', '>=', STUCK_FAILURES)
    .orderBy('deletion_failures', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Returns the number of objects that `stuckObjects` would list without a limit. */
export async function countStuck(db: Db): Promise<number> {
  const { stuck } = await db
    .selectFrom('objects')
    .select((select) => select.fn.countAll<number>().as('stuck'))
    .where('state', '=', 'deleting')
    .where('deletion_failures', '>=', STUCK_FAILURES)
    .executeTakeFirstOrThrow();
  return stuck;
}

/**
 * Deletes the bytes of objects, and updates their rows. Throws only if the database or storage is unreachable. `error` is the first failure
 * of an object.
 */
async function deleteObjects(
  context: Deleting,
  rows: readonly Doomed[],
): Promise<{ deleted: number; error: StorageError | null }> {
  if (rows.length === 0) return { deleted: 0, error: null };
  const failed = await abortParts(context, rows);
  const aborted = rows.filter(({ id }) => !failed.has(id));
  const deleted = await deleteKeys(context, aborted, failed);
  await deleteTrees(context, aborted, failed, deleted);
  await markDeleted(context.db, deleted);
  // Throws during an outage, so that an outage does not count as a failure of an object.
  for (const [id, error] of failed) await context.rows.failed('deletion', id, error);
  await noteFailures(context.db, failed);
  return { deleted: deleted.length, error: failed.values().next().value ?? null };
}

/** Deletes single objects. Adds each failure to `failed` under the id of its object. Returns the ids of the deleted objects. */
async function deleteKeys(
  { store }: Deleting,
  rows: readonly Doomed[],
  failed: Map<string, StorageError>,
): Promise<string[]> {
  const single = rows.filter(({ files }) => files === null);
  if (single.length === 0) return [];
  const { deleted, failed: keys } = await store.deleteMany(single.map(({ key }) => key));
  const gone = new Set(deleted);
  for (const { id, key } of single) {
    const error = keys.get(key);
    if (error) failed.set(id, error);
  }
  return single.flatMap(({ id, key }) => (gone.has(key) ? [id] : []));
}

/** Deletes trees, a few at a time. Adds each failure under the id of its tree to `failed`, and the ids of deleted trees to `deleted`. */
async function deleteTrees(
  { store }: Deleting,
  rows: readonly Doomed[],
  failed: Map<string, StorageError>,
  deleted: string[],
): Promise<void> {
  const trees = rows.filter(({ files }) => files !== null);
  await forEachAtOnce(trees, TREES_AT_ONCE, async ({ id, key }) => {
    const { error } = await store.deletePrefix(key).catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error;
      return { error };
    });
    if (error) failed.set(id, error);
    else deleted.push(id);
  });
}

/** Aborts uploads in parts. Returns the failures by the id of the object. */
async function abortParts({ store }: Deleting, rows: readonly Doomed[]): Promise<Map<string, StorageError>> {
  const failed = new Map<string, StorageError>();
  const unfinished = rows.filter(({ multipart_id }) => multipart_id !== null);
  await forEachAtOnce(unfinished, AT_ONCE, async ({ id, key, multipart_id }) => {
    await store.abortMultipart(key, multipart_id!).catch((error) => {
      if (!(error instanceof StorageError)) throw error;
      failed.set(id, error);
    });
  });
  return failed;
}

/** Marks objects as deleted. Locks the rows in the order of their ids, like `lockObjects`. */
async function markDeleted(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    WITH locked AS (
      SELECT id FROM objects WHERE id = ANY(${ids}::uuid[]) AND state = 'deleting' ORDER BY id FOR UPDATE)
    UPDATE objects SET state = 'deleted', deleted_at = now(), multipart_id = NULL
    FROM locked WHERE objects.id = locked.id`.execute(db);
}

async function noteFailures(db: Db, failed: ReadonlyMap<string, StorageError>): Promise<void> {
  if (failed.size === 0) return;
  const codes = [...failed.values()].map(
    ({ code, status }) => code ?? (status === null ? 'unreachable' : String(status)),
  );
  await sql`
    WITH failed AS (
      SELECT objects.id, failure.code FROM unnest(${[...failed.keys()]}::uuid[], ${codes}::text[]) AS failure (id, code)
      JOIN objects ON objects.id = failure.id WHERE state = 'deleting' ORDER BY objects.id FOR UPDATE OF objects)
    UPDATE objects SET deletion_failures = deletion_failures + 1, deletion_error = failed.code,
      deletion_due_at = now() + make_interval(
        secs => least(${LONGEST_RETRY_SECONDS}, ${FIRST_RETRY_SECONDS} * power(2, least(deletion_failures, 20))))
    FROM failed WHERE objects.id = failed.id`.execute(db);
}

import { sql } from 'kysely';
import { isUuid } from '../crypto/uuid.ts';
import { databaseNow } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import type { RowLoop } from '../database/row-guard.ts';
import { UPLOADS } from '../storage/keys.ts';
import type { Upload } from './upload.ts';

/*
 * A signed URL cannot be revoked, so an upload's URL stays valid after the upload is confirmed or deleted. The embedded storage can close
 * the key. Any other storage accepts bytes until the URL expires. Sweeps find and delete such bytes.
 */

type Staging = Pick<Upload, 'id' | 'staging_key' | 'url_expires_at'>;
type StagingContext = Pick<Context, 'db' | 'store' | 'rows'>;

/** Seconds by which the clocks of API and storage may differ. */
const CLOCK_SECONDS = 900;
/** Seconds allowed for a PUT that begins in the URL's last second, in addition to the time that its bytes take at the minimum rate. */
const START_SECONDS = 300;
const SLOWEST_BYTES_PER_SECOND = 65_536;
const BATCH = 500;
/** Number of keys that are closed concurrently. */
const AT_ONCE = 16;
/** Number of uploads without closed keys that one pass over the keys of a storage can process. */
const LISTED_BATCH = 20_000;

/**
 * Deletes the bytes at the staging key, and closes the key where the storage can. Returns whether the key is closed.
 * Throws `StorageError`.
 */
export async function closeStaging(context: Pick<Context, 'db' | 'store'>, upload: Staging): Promise<boolean> {
  const { closeKey } = await context.store.capabilities();
  if (!closeKey) {
    await context.store.delete(upload.staging_key);
    return false;
  }
  const closed = await closeKey(upload.staging_key, closedUntil(upload));
  if (closed) await noteClosed(context.db, [upload.id]);
  return closed;
}

/**
 * Like `closeStaging`, for many uploads. If a key cannot be closed, its upload is reported, waits for a later pass, and delays no other
 * upload. Returns the uploads whose bytes are deleted.
 */
export async function closeStagingOf<U extends Staging>(
  context: StagingContext,
  uploads: readonly U[],
  loop: RowLoop,
): Promise<U[]> {
  const { closeKey } = await context.store.capabilities();
  const [emptied, closed]: [U[], string[]] = [[], []];
  const close = async (upload: U) => {
    if (await closeKey!(upload.staging_key, closedUntil(upload))) closed.push(upload.id);
    emptied.push(upload);
  };
  if (closeKey) await context.rows.each(loop, uploads, close, { idOf: ({ id }) => id, atOnce: AT_ONCE });
  else emptied.push(...(await emptyKeys(context, uploads, loop)));
  await noteClosed(context.db, closed);
  return emptied;
}

async function emptyKeys<U extends Staging>(
  { store, rows }: StagingContext,
  uploads: readonly U[],
  loop: RowLoop,
): Promise<U[]> {
  const { deleted, failed } = await store.deleteMany(uploads.map(({ staging_key }) => staging_key));
  const gone = new Set(deleted);
  for (const { id, staging_key } of uploads) {
    const error = failed.get(staging_key);
    if (error) await rows.failed(loop, id, error);
  }
  return uploads.filter(({ staging_key }) => gone.has(staging_key));
}

function closedUntil({ url_expires_at }: Staging): Date {
  return new Date(Math.max(url_expires_at.getTime(), Date.now()) + CLOCK_SECONDS * 1000);
}

/** Returns the latest time at which a storage that cannot close keys accepts bytes for the upload. */
export function stagingEnds(upload: Pick<Upload, 'url_expires_at' | 'declared_size'>): Date {
  const seconds = START_SECONDS + upload.declared_size / SLOWEST_BYTES_PER_SECOND;
  return new Date(upload.url_expires_at.getTime() + seconds * 1000);
}

/**
 * Closes the staging keys of uploads that have ended. Where the storage cannot close keys, deletes bytes that arrived late. Continues until
 * no key is left or `signal` aborts. Returns the number of keys at which late bytes were found, which is 0 if the storage can close keys.
 */
export async function sweepStaging(context: StagingContext, signal?: AbortSignal): Promise<number> {
  while (!signal?.aborted) {
    const resting = context.rows.resting('staging');
    const open = await openStaging(context.db)
      .where('id', '!=', sql<string>`ALL(${resting}::uuid[])`)
      .limit(BATCH)
      .execute();
    if (open.length === 0) return 0;
    if (!(await context.store.capabilities()).closeKey) return sweepLatePuts(context);
    const emptied = await closeStagingOf(context, open, 'staging');
    if (open.length < BATCH || emptied.length === 0) return 0;
  }
  return 0;
}

/**
 * Deletes late bytes, and returns the number of keys at which it found bytes. Lists all staging keys in one pass. Few keys have bytes,
 * because every confirm deletes the bytes at its upload's key.
 */
async function sweepLatePuts(context: StagingContext): Promise<number> {
  const { db, store } = context;
  // Read the uploads before the list, so that the list shows the keys as they are after the uploads have ended.
  const ended = await openStaging(db).where(stagingEndsRow, '<=', databaseNow).limit(LISTED_BATCH).execute();
  let found = 0;
  /** Uploads whose bytes still exist: their keys stay open for the next pass. */
  const late = new Set<string>();
  let keys: string[] = [];
  const flush = async () => {
    const over = await overAmong(db, keys);
    for (const { id } of over) late.add(id);
    for (const { id } of await emptyKeys(context, over, 'staging')) {
      late.delete(id);
      found += 1;
    }
    keys = [];
  };
  for await (const { key } of store.list(UPLOADS)) {
    keys.push(key);
    if (keys.length >= BATCH) await flush();
  }
  await flush();
  await noteClosed(
    db,
    ended.flatMap(({ id }) => (late.has(id) ? [] : [id])),
  );
  return found;
}

/** Returns the uploads of these keys that have ended, and counts a late PUT for each upload. */
async function overAmong(db: Db, keys: string[]): Promise<Staging[]> {
  const ids = keys.map((key) => key.split('/').at(-1)!).filter(isUuid);
  if (ids.length === 0) return [];
  return db
    .updateTable('uploads')
    .set({ late_puts: sql`late_puts + 1` })
    .where('id', 'in', ids)
    .where('staging_key', 'in', keys)
    .where('state', 'in', ['confirmed', 'deleted'])
    .returning(['id', 'staging_key', 'url_expires_at'])
    .execute();
}

function openStaging(db: Db) {
  return db
    .selectFrom('uploads')
    .select(['id', 'staging_key', 'url_expires_at'])
    .where('staging_closed_at', 'is', null)
    .where('state', 'in', ['confirmed', 'deleted'])
    .orderBy('url_expires_at');
}

/** SQL for `stagingEnds`. */
export const stagingEndsRow = sql<Date>`(url_expires_at
  + make_interval(secs => ${sql.lit(START_SECONDS)} + declared_size / ${sql.lit(SLOWEST_BYTES_PER_SECOND)}::float8))`;

async function noteClosed(db: Db, ids: string[]): Promise<void> {
  if (ids.length > 0) await updateClosed(db, { ids });
}

const updateClosed = compileOnce((db, { ids }: { ids: string[] }) =>
  db
    .updateTable('uploads')
    .set({ staging_closed_at: databaseNow })
    .where('id', '=', sql<string>`ANY(${ids}::uuid[])`)
    .where('staging_closed_at', 'is', null),
);

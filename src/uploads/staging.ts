import { sql } from 'kysely';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { isUuid } from '../ids/uuid.ts';
import { UPLOADS } from '../storage/keys.ts';
import type { Upload } from './upload.ts';

/*
 * A signed URL cannot be revoked, so an upload's URL stays valid after the upload is confirmed or deleted. The embedded
 * storage can close the key. Any other storage accepts bytes until the URL expires; sweeps find and delete them.
 */

type Staging = Pick<Upload, 'id' | 'staging_key' | 'url_expires_at'>;

/** Seconds by which the clocks of API and storage may differ. */
const CLOCK_SECONDS = 900;
/** Time that a PUT that begins in the URL's last second may take: a fixed part, and a minimum rate. */
const START_SECONDS = 300;
const SLOWEST_BYTES_PER_SECOND = 65_536;
const BATCH = 200;

/**
 * Deletes the bytes at the staging key, and closes the key where the storage can. Returns whether the key is closed.
 * Throws `StorageError`.
 */
export async function closeStaging(context: Pick<Context, 'db' | 'store'>, upload: Staging): Promise<boolean> {
  const until = Math.max(upload.url_expires_at.getTime(), Date.now()) + CLOCK_SECONDS * 1000;
  const { closeKey } = await context.store.capabilities();
  if (!closeKey) {
    await context.store.delete(upload.staging_key);
    return false;
  }
  const closed = await closeKey(upload.staging_key, new Date(until));
  if (closed) await noteClosed(context.db, [upload.id]);
  return closed;
}

/** Latest time at which a storage that cannot close keys accepts bytes for the upload. */
export function stagingEnds(upload: Pick<Upload, 'url_expires_at' | 'declared_size'>): Date {
  const seconds = START_SECONDS + upload.declared_size / SLOWEST_BYTES_PER_SECOND;
  return new Date(upload.url_expires_at.getTime() + seconds * 1000);
}

/**
 * Closes the staging keys of uploads that have ended. Where the storage cannot close keys, deletes bytes that arrived
 * late. Returns the number of keys at which bytes were found.
 */
export async function sweepStaging(context: Pick<Context, 'db' | 'store'>): Promise<number> {
  const open = await openStaging(context.db).limit(BATCH).execute();
  if (open.length === 0) return 0;
  if (!(await context.store.capabilities()).closeKey) return sweepLatePuts(context);
  for (const upload of open) await closeStaging(context, upload);
  return 0;
}

/** Lists all staging keys in one pass: few have bytes, because every confirm empties its own. */
async function sweepLatePuts({ db, store }: Pick<Context, 'db' | 'store'>): Promise<number> {
  // Read before the list, so that the list shows these keys after their end.
  const ended = await openStaging(db).where(endsAt(), '<=', new Date()).limit(BATCH).execute();
  let found = 0;
  let keys: string[] = [];
  const flush = async () => {
    for (const { staging_key } of await overAmong(db, keys)) {
      await store.delete(staging_key);
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
    ended.map((upload) => upload.id),
  );
  return found;
}

/** Returns those keys whose upload has ended, and counts a late PUT for each. */
async function overAmong(db: Db, keys: string[]): Promise<Pick<Upload, 'staging_key'>[]> {
  const ids = keys.map((key) => key.split('/').at(-1)!).filter(isUuid);
  if (ids.length === 0) return [];
  return db
    .updateTable('uploads')
    .set({ late_puts: sql`late_puts + 1` })
    .where('id', 'in', ids)
    .where('staging_key', 'in', keys)
    .where('state', 'in', ['confirmed', 'deleted'])
    .returning('staging_key')
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

/** `stagingEnds` in SQL. */
function endsAt() {
  return sql<Date>`url_expires_at + make_interval(secs => ${START_SECONDS} + declared_size / ${SLOWEST_BYTES_PER_SECOND}::float8)`;
}

async function noteClosed(db: Db, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('uploads')
    .set({ staging_closed_at: new Date() })
    .where('id', 'in', ids)
    .where('staging_closed_at', 'is', null)
    .execute();
}

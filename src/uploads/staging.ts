import { sql } from 'kysely';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { isUuid } from '../ids/uuid.ts';
import { UPLOADS } from '../storage/keys.ts';
import type { Upload } from './upload.ts';

/*
 * A signed URL cannot be called back, so an upload's URL lives on after the upload is confirmed or deleted. The embedded storage
 * closes its key. Any other storage accepts uploads until the URL expires; until then they are found and deleted.
 */

type Staging = Pick<Upload, 'id' | 'staging_key' | 'url_expires_at'>;

/** By how much the clocks of API and storage may differ. */
const CLOCK_SECONDS = 900;
/** A PUT that began in the URL's last second may end later: so much for its start, and so long for each byte. */
const START_SECONDS = 300;
const SLOWEST_BYTES_PER_SECOND = 65_536;
const BATCH = 200;

/** Empties the staging key, for good where the storage can refuse what it has signed. Throws `StorageError`. */
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

/** When a storage that cannot close the upload's key stops accepting bytes. */
export function stagingEnds(upload: Pick<Upload, 'url_expires_at' | 'declared_size'>): Date {
  const seconds = START_SECONDS + upload.declared_size / SLOWEST_BYTES_PER_SECOND;
  return new Date(upload.url_expires_at.getTime() + seconds * 1000);
}

/**
 * Closes the staging keys of uploads that are over; where the storage cannot, deletes what came there. Returns how many times
 * bytes were there.
 */
export async function sweepStaging(context: Pick<Context, 'db' | 'store'>): Promise<number> {
  const open = await openStaging(context.db).limit(BATCH).execute();
  if (open.length === 0) return 0;
  if (!(await context.store.capabilities()).closeKey) return sweepLatePuts(context);
  for (const upload of open) await closeStaging(context, upload);
  return 0;
}

/** One list of the storage, whose staging keys hold little: every confirm empties its own. */
async function sweepLatePuts({ db, store }: Pick<Context, 'db' | 'store'>): Promise<number> {
  // Asked before the storage is: what it then says of them was said after their end.
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

/** Of these keys, those whose upload is over. Each is counted. */
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

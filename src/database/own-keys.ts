import { type RawBuilder, sql } from 'kysely';
import { isUuid } from '../crypto/uuid.ts';
import type { Db } from './pool.ts';

/**
 * Ids of the keys whose jobs and batches a caller may see. Null if the caller may see the jobs and batches of every key and person of the
 * account. A key with the scope `transcode` and without `read` sees only the jobs of its own line (`accounts/key-line.ts`).
 */
export type OwnKeys = readonly string[] | null;

/** Whether the job or batch with this id belongs to one of the keys. */
export async function isOwn(db: Db, table: 'jobs' | 'batches', id: string, keys: readonly string[]): Promise<boolean> {
  if (!isUuid(id) || keys.length === 0) return false;
  const row = await db
    .selectFrom(table)
    .select('id')
    .where('id', '=', id)
    .where('key_id', '=', anyOf(keys))
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns the keys for `column = ANY(keys)`. With a single key, PostgreSQL reads the rows in the order of an index. */
export function anyOf(keys: readonly string[]): RawBuilder<string> {
  if (keys.length === 1) return sql<string>`${keys[0]}::uuid`;
  return sql<string>`ANY(${[...keys]}::uuid[])`;
}

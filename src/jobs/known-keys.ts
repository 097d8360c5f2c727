import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';

/** A storage key that belongs to a row. */
export interface KnownKey {
  key: string;
  /** Id and creation time of a live object, whose bytes must exist. Null for all other keys. */
  live: { id: string; since: Date } | null;
  /** Number of files of a tree, whose key is a prefix. Null for all other keys. */
  files: number | null;
}

const PAGE_ROWS = 1000;

/** Yields the keys of objects and of pending uploads in byte order. Keeps one page in memory. */
export async function* knownKeys(db: Db, pageRows = PAGE_ROWS): AsyncGenerator<KnownKey> {
  for (let after = ''; ; ) {
    // Both columns have an index in this order, so each page starts where the previous page ended.
    const { rows } = await sql<{ key: string; id: string | null; since: Date | null; files: number | null }>`
      SELECT * FROM (
        (SELECT key, CASE WHEN state = 'live' THEN id END AS id, created_at AS since, files FROM objects
          WHERE state <> 'deleted' AND key COLLATE "C" > ${after} ORDER BY key COLLATE "C" LIMIT ${pageRows})
        UNION ALL
        (SELECT staging_key, NULL, NULL, NULL FROM uploads
          WHERE state = 'pending' AND staging_key COLLATE "C" > ${after} ORDER BY staging_key COLLATE "C" LIMIT ${pageRows})
      ) AS known ORDER BY key COLLATE "C" LIMIT ${pageRows}`.execute(db);
    for (const { key, id, since, files } of rows) yield { key, live: id && since ? { id, since } : null, files };
    if (rows.length < pageRows) return;
    after = rows.at(-1)!.key;
  }
}

import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';

/**
 * Returns the ids of a key's line: the key itself, its predecessors in rotations, and its successors. The same client uses all of these
 * keys, so they own the same jobs.
 */
export async function lineOf(db: Db, keyId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    WITH RECURSIVE older (id) AS (
      SELECT ${keyId}::uuid
      UNION SELECT api_keys.id FROM older JOIN api_keys ON api_keys.replaced_by = older.id
    ), newer (id) AS (
      SELECT ${keyId}::uuid
      UNION SELECT api_keys.replaced_by FROM newer JOIN api_keys ON api_keys.id = newer.id
        WHERE api_keys.replaced_by IS NOT NULL
    )
    SELECT id FROM older UNION SELECT id FROM newer`.execute(db);
  return rows.map(({ id }) => id);
}

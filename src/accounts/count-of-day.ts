import { sql } from 'kysely';
import type { Tx } from '../database/pool.ts';

const DAY_MS = 86_400_000;

/**
 * Counts a resource that an account creates, in the transaction that creates it, because a deleted resource has no row to count. Returns
 * the number of resources created in the current window of 24 hours, including the resource of this call. A window starts with its first
 * resource, and ends by the clock of the database.
 */
export async function countOfDay(
  tx: Tx,
  what: 'webhooks' | 'upload_tokens' | 'token_uploads',
  accountId: string,
): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    INSERT INTO rate_limits AS counter (key, points, granted, expire)
    VALUES (${`day:${what}:${accountId}`}, 1, 1,
      (extract(epoch FROM statement_timestamp()) * 1000)::bigint + ${sql.lit(DAY_MS)})
    ON CONFLICT (key) DO UPDATE SET (points, expire) = (
      SELECT CASE WHEN is_over THEN 1 ELSE counter.points + 1 END,
        CASE WHEN is_over THEN EXCLUDED.expire ELSE counter.expire END
      FROM (SELECT counter.expire <= EXCLUDED.expire - ${sql.lit(DAY_MS)} AS is_over) AS age)
    RETURNING points`.execute(tx);
  return rows[0]!.points;
}

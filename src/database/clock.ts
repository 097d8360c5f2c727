import { sql } from 'kysely';
import type { Db } from './pool.ts';

/**
 * The time at which the transaction began, by the clock of the database, which is the same for all processes. The time has microseconds,
 * which a `Date` would truncate, so no time that the database has just written is later than this time.
 */
export const databaseNow = sql<Date>`now()`;

/** Returns the time of the database, for a time that is not a column of its own. */
export async function readDatabaseTime(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT now()`.execute(db);
  return rows[0]!.now;
}

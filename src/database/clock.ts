import { type RawBuilder, sql } from 'kysely';
import type { Db } from './pool.ts';

/*
 * Every time that is stored, or compared with a stored time, comes from the clock of the database, because the clocks of the processes may
 * differ by minutes. `test/architecture/clock.test.ts` enforces this.
 */

/**
 * The time at which the transaction began, by the clock of the database, which is the same for all processes. The time has microseconds,
 * which a `Date` would truncate, so no time that the database has just written is later than this time.
 */
export const databaseNow = sql<Date>`now()`;

/** SQL for a time in the past. */
export function secondsAgo(seconds: number | RawBuilder<number>): RawBuilder<Date> {
  return sql<Date>`now() - make_interval(secs => ${seconds})`;
}

/** SQL for a time in the future. */
export function inSeconds(seconds: number | RawBuilder<number>): RawBuilder<Date> {
  return sql<Date>`now() + make_interval(secs => ${seconds})`;
}

/** SQL for the seconds until the time of a column, which are negative after this time. */
export function secondsUntil(column: string): RawBuilder<number> {
  return sql<number>`extract(epoch FROM ${sql.ref(column)} - now())::float8`;
}

/** Returns the time of the database, for a time that is not a column of its own. */
export async function readDatabaseTime(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT now()`.execute(db);
  return rows[0]!.now;
}

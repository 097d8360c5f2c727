import { sql } from 'kysely';

/**
 * The time at which the transaction began, by the clock of the database, which is the same for all processes. The time has microseconds,
 * which a `Date` would truncate, so no time that the database has just written is later than this time.
 */
export const databaseNow = sql<Date>`now()`;

import { sql } from 'kysely';

/**
 * The time at which the transaction began, by the clock of the database, which is the same for all processes. It has microseconds, which a
 * `Date` would cut off, so a time that the database has just written is not later than it.
 */
export const databaseNow = sql<Date>`now()`;

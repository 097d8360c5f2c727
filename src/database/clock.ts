import { sql } from 'kysely';

/**
 * The time at which the transaction began, by the clock of the database: one clock for all processes. It has
 * microseconds, which a `Date` cuts off, so a moment that the database has just written is not later than it.
 */
export const databaseNow = sql<Date>`now()`;

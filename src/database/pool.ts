import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
/** Inside a transaction; every function of `domain/` that changes something takes one. */
export type Tx = Transaction<Tables>;
/** Either: for reads that do not care. */
export type Db = Kysely<Tables>;

const INT8 = 20;
const DATE = 1082;
pg.types.setTypeParser(INT8, Number);
// A `date` is a calendar day, not an instant: as a Date it would move with the time zone.
pg.types.setTypeParser(DATE, (text) => text);

export interface Pool {
  db: Database;
  pg: pg.Pool;
  close(): Promise<void>;
}

/**
 * A pool of at most `max` connections. Idle ones that break (the server restarted) are dropped by pg and reported
 * to `onError`; the next query takes a new one.
 */
export function openPool(url: string, options: { max: number; role: string; onError: (error: Error) => void }): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: `airlock-${options.role}`,
    // An idle connection costs the server some 3 MB of its own; one stays warm, since a new one takes 10 ms.
    min: 1,
    idleTimeoutMillis: 5_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
  });
  pool.on('error', options.onError);
  // A client that is checked out while its connection breaks emits on itself; without a listener Node would end.
  pool.on('connect', (client) => client.on('error', options.onError));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, pg: pool, close: () => db.destroy() };
}

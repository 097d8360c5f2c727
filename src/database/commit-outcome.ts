import { sql } from 'kysely';
import type { Database, Db, Tx } from './pool.ts';
import { isConnectionLost, retryTransient } from './transient.ts';

/*
 * If the connection breaks while a COMMIT is sent, the client doesn't know whether the server ran the COMMIT, and the server may run it
 * only later. Before code undoes something outside of the database after a failed transaction, it must know how the transaction ended:
 *
 *   transaction            markChange(tx, id), then the insert, then COMMIT
 *   after an error         committedOf(db, error, ids, find)
 *     other error          the server has rolled back: nothing was committed
 *     connection lost      the lookup waits for the locks of the marks, which the end of the transaction releases, then reads the rows
 *     database unreachable unknown: the caller undoes nothing
 */

/** Milliseconds for which a lookup is retried while the database is unreachable or the transaction is still open. */
const LOOKUP_MS = 60_000;
/** Milliseconds for which an attempt at a lookup waits for the end of the transaction. Meanwhile, it occupies a connection. */
const LOCK_MS = 2_000;

/** Marks the transaction that inserts the row with this id. The caller must receive a response to a later statement before the COMMIT. */
export async function markChange(tx: Tx, id: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${lockOf(sql`${id}::uuid`)})`.execute(tx);
}

/**
 * Returns the ids whose rows a transaction has committed, although it rejected with `error`. Returns null if the lookup does not succeed in
 * time. `find` returns the ids that have rows.
 */
export async function committedOf(
  db: Database,
  error: unknown,
  ids: readonly string[],
  find: (db: Db, ids: readonly string[]) => Promise<readonly string[]>,
  forMs = LOOKUP_MS,
): Promise<ReadonlySet<string> | null> {
  if (ids.length === 0 || !isConnectionLost(error)) return new Set();
  const look = () =>
    db.transaction().execute(async (tx) => {
      await sql`SELECT set_config('lock_timeout', ${`${LOCK_MS}ms`}, true)`.execute(tx);
      await sql`SELECT pg_advisory_xact_lock(${lockOf(sql`id`)}) FROM unnest(${[...ids]}::uuid[]) AS id`.execute(tx);
      return find(tx, ids);
    });
  return retryTransient(look, forMs).then(
    (found) => new Set(found),
    () => null,
  );
}

function lockOf(id: ReturnType<typeof sql>) {
  return sql`hashtextextended(${id}::text, 0)`;
}

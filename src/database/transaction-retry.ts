import { setTimeout as sleep } from 'node:timers/promises';
import { FairPool } from '../pools/fair-pool.ts';
import { ONE_PER_ACCOUNT, TURN_MS } from './connection-share.ts';
import { type Database, sendWithCommit, type Tx } from './pool.ts';
import { isStalePlan } from './transient.ts';

/**
 * SQLSTATE codes of failures that have rolled back the transaction: a deadlock, a serialization failure, or a lock that was not granted in
 * time.
 */
const UNDONE = new Set(['40P01', '40001', '55P03']);
const TRIES = 3;
/** Milliseconds before a retry, multiplied by a random number from 0 to 1, so that two transactions do not collide again. */
const PAUSE_MS = 100;

/**
 * Runs a transaction of a request. If the database rolls it back in favor of another transaction, such as a migration that locks the same
 * tables in another order or changes their columns, the transaction runs again, and the client doesn't notice. `work` must change only
 * rows.
 */
export async function withTransactionRetry<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (tries === TRIES || !isUndone(error)) throw error;
      await sleep(PAUSE_MS * Math.random());
    }
  }
}

/**
 * Like `withTransactionRetry`, but runs the transaction in one round trip. `send` sends all statements without awaiting any of them.
 */
export async function withPipelinedTransaction<T>(db: Database, send: (tx: Tx) => Promise<T>): Promise<T> {
  const { sent } = await withTransactionRetry(db, async (tx) => {
    const sent = send(tx);
    await sendWithCommit(tx, sent);
    return { sent };
  });
  return sent;
}

/** Transactions of this process that lock the row of their account. */
const lockers = new FairPool(ONE_PER_ACCOUNT);

/**
 * Like `withTransactionRetry`, for work that locks the row of the account. Waits for other such transactions of the account before it takes
 * a connection, because waiting for the lock in the database would occupy a connection.
 */
export async function inAccountTransaction<T>(
  db: Database,
  accountId: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  return lockers.run(accountId, { maxMs: TURN_MS }, () => withTransactionRetry(db, work));
}

function isUndone(error: unknown): boolean {
  return UNDONE.has((error as { code?: string } | null)?.code ?? '') || isStalePlan(error);
}

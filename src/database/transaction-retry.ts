import { setTimeout as sleep } from 'node:timers/promises';
import { FairPool } from '../pools/fair-pool.ts';
import { ONE_PER_ACCOUNT, TURN_MS } from './connection-share.ts';
import { type Database, sendWithCommit, type Tx } from './pool.ts';
import { isStalePlan } from './transient.ts';

/** Classes of failures after which nothing has happened: a deadlock, a serialization failure, a lock that took too long. */
const UNDONE = new Set(['40P01', '40001', '55P03']);
const TRIES = 3;
/** Milliseconds, multiplied by 0 to 1, so that two transactions do not collide again. */
const PAUSE_MS = 100;

/**
 * Runs a transaction of a request. When the database undoes it in favour of another one, such as a migration that locks
 * the same tables in another order or changes their columns, it runs again, so that the client sees nothing of this.
 * `work` must change nothing but rows.
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

/** Of this process: transactions that lock their account's row. */
const lockers = new FairPool(ONE_PER_ACCOUNT);

/**
 * Like `withTransactionRetry`, for work that locks the row of the account. Waits for other such transactions of the account
 * before it takes a connection: one that waits for the lock in the database occupies a connection meanwhile.
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

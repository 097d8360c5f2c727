import { type Account, lockAccount } from '../accounts/accounts.ts';
import { MAX_BATCH_JOBS } from '../contract/batches.ts';
import { ApiError } from '../contract/errors.ts';
import { compileOnce } from '../database/compile-once.ts';
import type { Tx } from '../database/pool.ts';

/**
 * Upper bound of the number of jobs that are being inserted at the same time: one for each database connection, and one batch, because
 * batches take a lock.
 */
const MOST_AT_ONCE = 500 + MAX_BATCH_JOBS;

/** Thrown if the account is near its limit of waiting jobs. The waiting jobs must then be counted under the account's lock. */
export class QueueNearlyFull extends Error {}

/** Whether the waiting jobs and all jobs that are being inserted stay below the limit. */
export function hasAmpleCapacity({ max_queued }: Account, waiting: number): boolean {
  return waiting + MOST_AT_ONCE < max_queued;
}

/**
 * Throws 429 if the account has reached its limit of waiting jobs. Exact under concurrent requests. `ahead` is the number of jobs that this
 * transaction has already inserted.
 */
export async function requireCapacity(tx: Tx, account: Account, ahead: number): Promise<void> {
  // The lock, which makes the count exact, is needed only near the limit.
  if (hasAmpleCapacity(account, (await waitingJobs(tx, account)) + ahead)) return;
  await lockAccount(tx, account.id);
  const waiting = (await waitingJobs(tx, account)) + ahead;
  if (waiting >= account.max_queued) {
    throw new ApiError('queue_full', { metric: 'queued_jobs', limit: account.max_queued, waiting });
  }
}

async function waitingJobs(tx: Tx, account: Account): Promise<number> {
  const [row] = await selectWaiting(tx, account);
  return row ? row.waiting_light + row.waiting_heavy : 0;
}

const selectWaiting = compileOnce((db, { id }: Pick<Account, 'id'>) =>
  db.selectFrom('account_schedule').select(['waiting_light', 'waiting_heavy']).where('account_id', '=', id),
);

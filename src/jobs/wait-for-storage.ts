import { sql } from 'kysely';
import type { Tx } from '../database/pool.ts';
import { type AttemptFacts, endAttempt } from './attempts.ts';
import { endFailed, requeue } from './finish.ts';
import type { JobsContext } from './kind.ts';
import { lockOwned } from './read.ts';
import type { Claim } from './rows.ts';

/*
 * An outage of the storage is not the job's fault: the job waits, and no attempt is spent. It waits at most
 * `waitSeconds` from the first time that it was stopped, and then fails with `storage_unavailable`.
 */

const CODE = 'storage_unavailable';
const LONGEST_DELAY_SECONDS = 60;
const BATCH = 500;

/**
 * Ends an attempt that found the storage unreachable. The job goes back to the queue, to start after a pause that doubles each
 * time, or has failed when its time is over. False: this attempt no longer held the job.
 */
export async function waitForStorage(
  context: JobsContext,
  claim: Claim,
  waitSeconds: number,
  attempt: AttemptFacts | null,
): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return false;
    await endAttempt(context, tx, claim, 'released', attempt, CODE);
    const { stops, seconds } = await stopsByStorage(tx, job.id);
    if (seconds >= waitSeconds) await endFailed(context, tx, job, failure(waitSeconds), attempt);
    else {
      const delaySeconds = Math.min(LONGEST_DELAY_SECONDS, 2 ** stops);
      await requeue(context, tx, job, { delaySeconds, reason: CODE });
    }
    return true;
  });
}

/**
 * Ends the jobs that have waited in the queue for `waitSeconds` while no job of anybody's completed; the caller has seen
 * the storage away for as long. Returns how many.
 */
export async function endStarved(context: JobsContext, waitSeconds: number): Promise<number> {
  const before = new Date(Date.now() - waitSeconds * 1000);
  const completed = await context.db
    .selectFrom('jobs')
    .select('id')
    .where('status', '=', 'completed')
    .where('completed_at', '>=', before)
    .limit(1)
    .executeTakeFirst();
  if (completed) return 0;
  const starved = await context.db
    .selectFrom('jobs')
    .select('id')
    .where('status', '=', 'pending')
    .where('created_at', '<', before)
    .limit(BATCH)
    .execute();
  for (const { id } of starved) {
    await context.db.transaction().execute(async (tx) => {
      const job = await tx
        .selectFrom('jobs')
        .selectAll()
        .where('id', '=', id)
        .where('status', '=', 'pending')
        .forUpdate()
        .executeTakeFirst();
      if (!job) return;
      await endFailed(context, tx, job, failure(waitSeconds), null);
    });
  }
  return starved.length;
}

function failure(waitSeconds: number) {
  return { code: CODE, message: `The storage could not be reached for ${inWords(waitSeconds)}.` } as const;
}

function inWords(seconds: number): string {
  if (seconds >= 7200) return `${Math.round(seconds / 3600)} hours`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`;
}

/** How often the storage has stopped the job, and how many seconds ago for the first time. */
async function stopsByStorage(tx: Tx, jobId: string): Promise<{ stops: number; seconds: number }> {
  return tx
    .selectFrom('attempts')
    .select((select) => [
      select.fn.countAll<number>().as('stops'),
      sql<number>`coalesce(extract(epoch FROM now() - min(ended_at)), 0)::float8`.as('seconds'),
    ])
    .where('job_id', '=', jobId)
    .where('state', '=', 'released')
    .where('error_code', '=', CODE)
    .executeTakeFirstOrThrow();
}

import { sql } from 'kysely';
import { secondsAgo } from '../database/clock.ts';
import type { Tx } from '../database/pool.ts';
import { type AttemptFacts, endAttempt } from './attempts.ts';
import { endFailed } from './end.ts';
import { requeue } from './finish.ts';
import type { JobsContext } from './kind.ts';
import { lockDescendants, lockOwned } from './read.ts';
import type { Claim } from './rows.ts';

/*
 * A job waits if an outage of storage stops it, and the attempt does not count. The job fails with `storage_unavailable` if `waitSeconds`
 * have passed since the same outage first stopped it.
 */

const CODE = 'storage_unavailable';
const LONGEST_DELAY_SECONDS = 60;
const BATCH = 500;

/**
 * Ends an attempt that found the storage unreachable. The job returns to the queue with a delay that doubles each time,
 * or fails after `waitSeconds`. Returns false if this attempt no longer owns the job.
 */
export async function waitForStorage(
  context: JobsContext,
  claim: Claim,
  waitSeconds: number,
  attempt: AttemptFacts | null,
): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    await lockDescendants(tx, claim.job.id);
    const job = await lockOwned(tx, claim);
    if (!job) return false;
    await endAttempt(context, tx, claim, { state: 'released', facts: attempt, errorCode: CODE });
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
 * Fails the jobs that have waited in the queue for `waitSeconds`, unless any job of any account completed in that time. Call this function
 * only after the storage was unreachable for `waitSeconds`. Returns the number of failed jobs.
 */
export async function endStarved(context: JobsContext, waitSeconds: number): Promise<number> {
  const before = secondsAgo(waitSeconds);
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
    .where('awaiting', 'is', null)
    .where('created_at', '<', before)
    .where('kind', 'in', [...context.kinds.keys()])
    .where('id', '!=', sql<string>`ALL(${context.rows.resting('storage_wait')}::uuid[])`)
    .limit(BATCH)
    .execute();
  const end = ({ id }: { id: string }) => endOneStarved(context, id, waitSeconds);
  return context.rows.each('storage_wait', starved, end, { idOf: ({ id }) => id });
}

async function endOneStarved(context: JobsContext, id: string, waitSeconds: number): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    await lockDescendants(tx, id);
    const job = await tx
      .selectFrom('jobs')
      .selectAll()
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .where('awaiting', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!job) return;
    await endFailed(context, tx, job, failure(waitSeconds), null);
  });
}

function failure(waitSeconds: number) {
  return { code: CODE, message: `The storage could not be reached for ${inWords(waitSeconds)}.` } as const;
}

function inWords(seconds: number): string {
  if (seconds >= 7200) return `${Math.round(seconds / 3600)} hours`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`;
}

/**
 * Returns the number of times that the current outage has stopped the job, and the seconds since the first time. A stop belongs to an
 * earlier outage if an attempt has ended for another reason after the stop, or if the job has stored an output after the stop.
 */
async function stopsByStorage(tx: Tx, jobId: string): Promise<{ stops: number; seconds: number }> {
  const lastOther = tx
    .selectFrom('attempts')
    .select(sql<number>`coalesce(max(number), 0)`.as('number'))
    .where('job_id', '=', jobId)
    .where('error_code', 'is distinct from', CODE);
  const lastStored = tx
    .selectFrom('objects')
    .select(sql<Date>`coalesce(max(created_at), '-infinity')`.as('at'))
    .where('job_id', '=', jobId)
    .where('state', '=', 'live');
  return tx
    .selectFrom('attempts')
    .select((select) => [
      select.fn.countAll<number>().as('stops'),
      sql<number>`coalesce(extract(epoch FROM now() - min(ended_at)), 0)::float8`.as('seconds'),
    ])
    .where('job_id', '=', jobId)
    .where('state', '=', 'released')
    .where('error_code', '=', CODE)
    .where('number', '>', lastOther)
    .where('ended_at', '>', lastStored)
    .executeTakeFirstOrThrow();
}

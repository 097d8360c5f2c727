import { sql } from 'kysely';
import { isFinal } from '../contract/common.ts';
import type { Db } from '../database/pool.ts';
import { LOST_SECONDS } from '../fleet/workers.ts';
import { markCleaned, markLost, spentAttempts } from './attempts.ts';
import { endLost, releaseJob, requeue } from './finish.ts';
import type { JobsContext } from './kind.ts';
import { MAX_ATTEMPTS, type Ownership } from './rows.ts';

/**
 * Returns jobs of dead workers to the queue: those of attempts without a heartbeat for 30 s, and those of workers that
 * the caller knows to be dead. Each job is one transaction over its locked row, so concurrent calls are safe. Returns
 * the number of lost attempts.
 */
export async function recoverLost(context: JobsContext, deadWorkers: readonly string[]): Promise<number> {
  const silent = new Date(Date.now() - LOST_SECONDS * 1000);
  const lost = await context.db
    .selectFrom('attempts')
    .select(['id', 'job_id'])
    .where('state', '=', 'running')
    .where((where) =>
      where.or([
        where('heartbeat_at', '<', silent),
        ...(deadWorkers.length > 0 ? [where('worker_id', 'in', deadWorkers)] : []),
      ]),
    )
    .execute();
  for (const attempt of lost) await restart(context, attempt.job_id, attempt.id);
  return lost.length;
}

/** Seconds after which a claim that is unknown to its worker counts as lost: an answer takes milliseconds. */
const CLAIM_SECONDS = 5;

/**
 * Finds attempts that a worker claimed without knowing it, because the connection broke while the claim was committed.
 * `known` are the attempts that the worker runs.
 */
export async function findUnknown(db: Db, workerId: string, known: readonly string[]): Promise<Ownership[]> {
  const rows = await db
    .selectFrom('attempts')
    .select(['id', 'job_id'])
    .where('worker_id', '=', workerId)
    .where('state', '=', 'running')
    .where('started_at', '<', new Date(Date.now() - CLAIM_SECONDS * 1000))
    .where(sql<boolean>`id <> ALL(${[...known]}::uuid[])`)
    .execute();
  return rows.map(({ id, job_id }) => ({ attemptId: id, job: { id: job_id } }));
}

/**
 * Releases the jobs of attempts that `findUnknown` found. They have done nothing, so they do not count. Returns the number
 * of released attempts.
 */
export async function releaseUnknown(context: JobsContext, unknown: readonly Ownership[]): Promise<number> {
  await markCleaned(
    context.db,
    unknown.map(({ attemptId }) => attemptId),
  );
  let released = 0;
  for (const attempt of unknown) if (await releaseJob(context, attempt)) released += 1;
  return released;
}

async function restart(context: JobsContext, id: string, attemptId: string): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    const job = await tx.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
    if (!job) return;
    if (isFinal(job.status) || job.current_attempt !== attemptId) {
      // The job has continued without this attempt; only the attempt's own row is still open.
      if (isFinal(job.status)) await markLost(tx, id);
      return;
    }
    await markLost(tx, id);
    if ((await spentAttempts(tx, id)) >= MAX_ATTEMPTS) await endLost(context, tx, job);
    else await requeue(context, tx, job, { delaySeconds: 0, reason: 'worker_lost' });
  });
}

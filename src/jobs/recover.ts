import { sql } from 'kysely';
import { isFinal } from '../contract/common.ts';
import { LOST_SECONDS } from '../fleet/workers.ts';
import { markLost, spentAttempts } from './attempts.ts';
import { endLost, requeue } from './finish.ts';
import type { JobsContext } from './kind.ts';
import { MAX_ATTEMPTS } from './rows.ts';

/**
 * Takes jobs back whose worker is gone: attempts without a heartbeat for 30 s, and those of workers that the caller knows
 * to be dead. Each is one transaction over the locked row, so two callers at once do no harm. Returns how many attempts
 * were lost.
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

/** Seconds after which a claim that its worker knows nothing of was lost on the way: its answer takes milliseconds. */
const CLAIM_SECONDS = 5;

/**
 * Gives back what a worker has claimed without learning of it, because its connection broke while the claim was committed.
 * `known` are the attempts that it works on. Such an attempt has done nothing, so it does not count. Returns how many.
 */
export async function releaseUnknown(
  context: JobsContext,
  workerId: string,
  known: readonly string[],
): Promise<number> {
  const unknown = await context.db
    .selectFrom('attempts')
    .select(['id', 'job_id'])
    .where('worker_id', '=', workerId)
    .where('state', '=', 'running')
    .where('started_at', '<', new Date(Date.now() - CLAIM_SECONDS * 1000))
    .where(sql<boolean>`id <> ALL(${[...known]}::uuid[])`)
    .execute();
  for (const { id, job_id: jobId } of unknown) await release(context, jobId, id);
  return unknown.length;
}

async function release(context: JobsContext, id: string, attemptId: string): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    const job = await tx.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
    if (job?.current_attempt !== attemptId || job.status !== 'processing') return;
    await tx
      .updateTable('attempts')
      .set({ state: 'released', ended_at: new Date(), cleaned_at: new Date() })
      .where('id', '=', attemptId)
      .where('state', '=', 'running')
      .execute();
    await requeue(context, tx, job, { delaySeconds: 0, reason: 'released' });
  });
}

async function restart(context: JobsContext, id: string, attemptId: string): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    const job = await tx.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
    if (!job) return;
    if (isFinal(job.status) || job.current_attempt !== attemptId) {
      // The job went on without this attempt; only the attempt's own row is left to be closed.
      if (isFinal(job.status)) await markLost(tx, id);
      return;
    }
    await markLost(tx, id);
    if ((await spentAttempts(tx, id)) >= MAX_ATTEMPTS) await endLost(context, tx, job);
    else await requeue(context, tx, job, { delaySeconds: 0, reason: 'worker_lost' });
  });
}

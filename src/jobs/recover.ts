import { secondsAgo } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import { mayJudge, type ResponsivePeriod } from '../fleet/responsive-period.ts';
import { LOST_SECONDS } from '../fleet/workers.ts';
import { markCleaned, markLost, spentAttempts } from './attempts.ts';
import { failLostJob, releaseJob, requeue } from './finish.ts';
import type { JobsContext } from './kind.ts';
import { lockDescendants } from './read.ts';
import { isOpen, MAX_ATTEMPTS, type Ownership } from './rows.ts';

/** A period without an end, for callers that know that the database has responded. */
const ALWAYS: ResponsivePeriod = { since: '-infinity', until: 'infinity' };

/**
 * Returns jobs of lost workers to the queue. An attempt is lost if the caller knows that its worker is dead, or if it has had no heartbeat
 * for 30 s in which the database has responded. `responsive` is the period in which the database has responded. If it is null, only attempts
 * of dead workers are lost. Each job has its own transaction over its locked row, so concurrent calls are safe, and a failure of one job does
 * not block the others. Returns the number of lost attempts.
 */
export async function recoverLost(
  context: JobsContext,
  deadWorkers: readonly string[],
  responsive: ResponsivePeriod | null = ALWAYS,
): Promise<number> {
  const lostIn = (db: Db) =>
    db
      .selectFrom('attempts')
      .select(['id', 'job_id'])
      .where('state', '=', 'running')
      .where((where) =>
        where.or([
          ...(responsive
            ? [where.and([where('heartbeat_at', '<', secondsAgo(LOST_SECONDS)), mayJudge(responsive)])]
            : []),
          ...(deadWorkers.length > 0 ? [where('worker_id', 'in', deadWorkers)] : []),
        ]),
      );
  const restartLost = ({ id, job_id: jobId }: { id: string; job_id: string }) =>
    restart(context, jobId, id, (tx) => lostIn(tx).where('id', '=', id).forUpdate().executeTakeFirst());
  return context.rows.each('recovery', await lostIn(context.db).execute(), restartLost, { idOf });
}

const idOf = ({ id }: { id: string }) => id;

/** Seconds after which a claim that its worker does not know counts as lost. A response normally arrives within milliseconds. */
const CLAIM_SECONDS = 5;

/**
 * Finds attempts of a worker that the worker doesn't know, and whose work folders are not recorded as removed. Either the connection broke
 * while the claim was committed, or the database was unreachable when the attempt ended. `known` contains the attempts that the worker runs
 * and the attempts whose claims are in progress.
 */
export async function findUnknown(
  db: Db,
  workerId: string,
  known: Pick<ReadonlySet<string>, 'has'>,
): Promise<Ownership[]> {
  const rows = await db
    .selectFrom('attempts')
    .select(['id', 'job_id'])
    .where('worker_id', '=', workerId)
    .where('cleaned_at', 'is', null)
    .where('started_at', '<', secondsAgo(CLAIM_SECONDS))
    .execute();
  // `known` is read after the response, because the worker may have claimed more jobs while this query waited.
  const unknown = rows.filter(({ id }) => !known.has(id));
  return unknown.map(({ id, job_id }) => ({ attemptId: id, job: { id: job_id } }));
}

/**
 * Releases the jobs of attempts that `findUnknown` found, unless these attempts have ended. The released attempts do not count. Removes the
 * work folders of all these attempts, and records each removal. Returns the number of released attempts.
 */
export async function releaseUnknown(
  context: JobsContext,
  unknown: readonly Ownership[],
  removeFolder: (attemptId: string) => Promise<void>,
): Promise<number> {
  let released = 0;
  const release = async (attempt: Ownership) => {
    if (await releaseJob(context, attempt)) released += 1;
    await removeFolder(attempt.attemptId);
    await markCleaned(context.db, [attempt.attemptId]);
  };
  await context.rows.each('claims', unknown, release, { idOf: ({ attemptId }) => attemptId });
  return released;
}

/** Seconds until a job of an unknown kind starts again after all its attempts failed. */
const UNKNOWN_KIND_SECONDS = 60;

/** `lockLost` locks and returns the row of the attempt if the attempt is still lost. Otherwise, it returns undefined. */
async function restart(
  context: JobsContext,
  id: string,
  attemptId: string,
  lockLost: (tx: Tx) => Promise<object | undefined>,
): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    await lockDescendants(tx, id);
    const job = await tx.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
    if (!job) return;
    // The worker may have sent a heartbeat while this transaction waited. After this check, a heartbeat waits until this transaction ends.
    if (!(await lockLost(tx))) return;
    if (job.completed_at || job.current_attempt !== attemptId) {
      // The job has continued without this attempt. Only the attempt's own row is still open.
      if (job.completed_at) await markLost(tx, id);
      return;
    }
    if (!isOpen(job)) {
      // A newer release recovers the job.
      context.rows.skipped('status');
      return;
    }
    await markLost(tx, id);
    const isSpent = (await spentAttempts(tx, id)) >= MAX_ATTEMPTS;
    const isKnown = context.kinds.has(job.kind);
    // Only a release that knows a kind can end its jobs, because it also ends the rows that belong to them.
    const delaySeconds = isSpent && !isKnown ? UNKNOWN_KIND_SECONDS : 0;
    if (isSpent && isKnown) await failLostJob(context, tx, job);
    else await requeue(context, tx, job, { delaySeconds, reason: 'worker_lost' });
  });
}

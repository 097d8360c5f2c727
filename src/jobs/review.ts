import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import { notify } from '../database/notify.ts';
import type { Db, Tx } from '../database/pool.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { wakeWaiting } from '../events/record.ts';
import { endFailed } from './end.ts';
import type { Swept } from './expire.ts';
import { recordOwnEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { lockJob } from './read.ts';
import { releaseAttempt, WITHOUT_ATTEMPT } from './release-attempt.ts';
import type { Claim, Job } from './rows.ts';

/*
 * A job that awaits a review occupies no slot, like a parent whose children run: no worker claims it, and no outage fails it. The job
 * returns to the queue when a person has reviewed its subtitles. If the time for the review ends first, the job fails.
 */

/** Seconds for which a job awaits a review by default. */
export const REVIEW_SECONDS = 72 * 3600;
/**
 * Progress of a job from the start of its review until a worker claims it. It is more than 0, so that clients see the job as running; see
 * `shown-status.ts`.
 */
const BEGUN = 0.01;
const BATCH = 500;

/**
 * Ends an attempt whose job awaits a review. The kind has stored the data for the review. Returns false if this attempt no longer owns the
 * job.
 */
export async function waitForReview(context: JobsContext, claim: Claim, seconds: number): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await releaseAttempt(context, tx, claim);
    if (!job) return false;
    await tx
      .updateTable('jobs')
      .set({
        ...WITHOUT_ATTEMPT,
        awaiting: 'review',
        progress: BEGUN,
        review_until: inSeconds(seconds),
        updated_at: databaseNow,
      })
      .where('id', '=', job.id)
      .execute();
    await recordOwnEvent(context, tx, job, 'awaiting_review', {});
    await wakeWaiting(tx, job.id);
    return true;
  });
}

/**
 * Returns a job to the queue after its review. `change` gets the current row of the job, and returns the state that the next attempt reads.
 * Throws `not_found`, and `run_not_awaiting_review` if the job isn't awaiting a review, for example after a concurrent request.
 */
export async function endReview(
  context: JobsContext,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  change: (tx: Tx, job: Job) => Promise<Partial<Pick<Job, 'resume_sealed'>>>,
): Promise<Job> {
  return withTransactionRetry(context.db, async (tx) => {
    const row = await lockJob(tx, job.account_id, job.kind, job.id);
    if (row.awaiting !== 'review' || row.status !== 'pending') throw new ApiError('run_not_awaiting_review');
    const changed = await change(tx, row);
    const resumed = await tx
      .updateTable('jobs')
      .set({
        ...changed,
        ...{ awaiting: null, review_until: null, available_at: row.created_at, progress: BEGUN },
        updated_at: databaseNow,
      })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await notify(tx, 'airlock_queue', row.resource_class);
    return resumed;
  });
}

/** Selects the jobs whose review is overdue. */
export function dueReviews(db: Db) {
  return db.selectFrom('jobs').where('awaiting', '=', 'review').where('review_until', '<=', databaseNow);
}

/** Fails jobs whose review is overdue, each in its own transaction. */
export async function expireReviews(context: JobsContext): Promise<Swept> {
  const due = await dueReviews(context.db)
    .select(['id', 'account_id', 'kind'])
    .where('kind', 'in', [...context.kinds.keys()])
    .where('id', '!=', sql<string>`ALL(${context.rows.resting('reviews')}::uuid[])`)
    .limit(BATCH)
    .execute();
  const done = await context.rows.each('reviews', due, (job) => expireReview(context, job), { idOf: ({ id }) => id });
  return { done, isFull: done > 0 && due.length === BATCH };
}

async function expireReview(context: JobsContext, { id, account_id, kind }: Pick<Job, 'id' | 'account_id' | 'kind'>) {
  await withTransactionRetry(context.db, async (tx) => {
    const job = await lockJob(tx, account_id, kind, id);
    const isDue = await dueReviews(tx).select('id').where('id', '=', id).executeTakeFirst();
    if (!isDue) return;
    const message = 'The run was not continued in time.';
    await endFailed(context, tx, job, { code: 'review_expired', message }, null);
  });
}

import type { Db } from '../database/pool.ts';
import { dueDeletions, finishDeletions } from '../objects/deletion.ts';
import {
  abandoned,
  dueJobs,
  dueUnconfirmed,
  dueUploads,
  expireAbandoned,
  expireJobs,
  expireUnconfirmed,
  expireUploads,
  type Swept,
} from './expire.ts';
import type { JobsContext } from './kind.ts';
import { dueReviews, expireReviews } from './review.ts';
import { isDueBatch, scrubBatches } from './scrub-batches.ts';

export interface SweepReport {
  expiredJobs: number;
  expiredUploads: number;
  deletedObjects: number;
}

interface Step {
  run: (context: JobsContext) => Promise<Swept>;
  count?: keyof SweepReport;
}

const STEPS: readonly Step[] = [
  { run: expireJobs, count: 'expiredJobs' },
  { run: expireUploads, count: 'expiredUploads' },
  { run: expireUnconfirmed, count: 'expiredUploads' },
  { run: expireAbandoned },
  { run: expireReviews },
  { run: ({ db }) => scrubBatches(db) },
  { run: finishDeletions, count: 'deletedObjects' },
];

/**
 * Deletes everything that has expired: outputs and names of jobs, uploads, unconfirmed uploads, abandoned objects, texts of batches, and
 * bytes whose deletion has begun. Also fails jobs whose review is overdue. Continues until nothing is due or `signal` aborts. The steps
 * take turns, one batch at a time. Every step is conditional, so several workers may sweep concurrently. If a sweep crashes, the next sweep
 * completes it. If a step fails, the other steps continue, and its error is thrown at the end.
 */
export async function sweepExpired(context: JobsContext, signal?: AbortSignal): Promise<SweepReport> {
  const report: SweepReport = { expiredJobs: 0, expiredUploads: 0, deletedObjects: 0 };
  if (!(await isAnythingDue(context.db))) return report;
  const errors: unknown[] = [];
  for (let open = STEPS; open.length > 0 && !signal?.aborted; ) {
    const full: Step[] = [];
    for (const step of open) {
      try {
        const { done, isFull } = await step.run(context);
        if (step.count) report[step.count] += done;
        // More rows may be due. The last step also runs again, to delete the bytes of the objects that this step has marked.
        if (isFull) full.push(step);
      } catch (error) {
        errors.push(error);
      }
    }
    open = full.length > 0 ? [...full.filter(({ run }) => run !== finishDeletions), ...STEPS.slice(-1)] : [];
  }
  if (errors.length > 0) throw errors[0];
  return report;
}

/** Whether any step of a sweep has work. Most sweeps have none, and each step needs its own statements. */
async function isAnythingDue(db: Db): Promise<boolean> {
  const steps = [
    dueJobs(db),
    dueUploads(db),
    dueUnconfirmed(db),
    abandoned(db),
    db.selectFrom('batches').select('batches.id').where(isDueBatch),
    dueDeletions(db).select('id'),
    dueReviews(db).select('id'),
  ];
  const { due } = await db
    .selectNoFrom((select) => select.or(steps.map((step) => select.exists(step))).as('due'))
    .executeTakeFirstOrThrow();
  return Boolean(due);
}

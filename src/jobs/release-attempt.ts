import type { Tx } from '../database/pool.ts';
import { endAttempt } from './attempts.ts';
import type { JobsContext } from './kind.ts';
import { lockOwned } from './read.ts';
import type { Job, Ownership } from './rows.ts';

/** Columns of a job without an attempt, which waits and shows no progress. */
export const WITHOUT_ATTEMPT = {
  status: 'pending',
  current_attempt: null,
  progress: 0,
  speed: null,
  fps: null,
  eta_seconds: null,
} as const;

/**
 * Ends an attempt that does not count. Returns its locked job, which the caller returns to the queue. Returns null if the attempt
 * no longer owns the job.
 */
export async function releaseAttempt(context: JobsContext, tx: Tx, claim: Ownership): Promise<Job | null> {
  const job = await lockOwned(tx, claim);
  if (!job) return null;
  await endAttempt(context, tx, { ...claim, job }, { state: 'released', facts: null, errorCode: null });
  return job;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { awaitsUpload } from '../jobs/awaited-uploads.ts';
import { checkUploadsOf } from '../jobs/check-uploads.ts';
import type { Job } from '../jobs/rows.ts';
import type { ApiDeps } from './deps.ts';

/** Jobs whose uploads this process checks, with a signal for each request that waits for the job. */
const looking = new Map<string, Set<AbortSignal>>();
/** Maximum number of jobs that are checked at the same time. Jobs for which a client waits may exceed it. */
const MOST_LOOKING = 256;
/** Milliseconds after which the leader of the fleet has usually sealed an upload that the storage reported. */
const REPORTED_MS = 250;
/** Milliseconds between two checks if the storage does not report uploads: the first pause, and the longest pause. */
const FIRST_MS = 50;
const LONGEST_MS = 500;
/** Maximum number of checks per second of this process. With more jobs, each job is checked less often. */
const MOST_PER_SECOND = 200;

/**
 * Checks the uploads that a job awaits when a client requests the job. Most clients have just sent the bytes. Does not delay the request,
 * which resumes when the job changes. If the storage does not report uploads, continues until all signals in `over` have aborted. The
 * maintenance of the fleet also checks these uploads, but less often.
 */
export function lookForUploads(
  { context }: Pick<ApiDeps, 'context'>,
  request: FastifyRequest,
  job: Pick<Job, 'id' | 'status' | 'awaiting'>,
  over?: AbortSignal,
): void {
  if (!awaitsUpload(job)) return;
  const known = looking.get(job.id);
  if (known) {
    if (over) known.add(over);
    return;
  }
  if (looking.size >= MOST_LOOKING && !over) return;
  const waiting = new Set(over && [over]);
  looking.set(job.id, waiting);
  lookUntilFound(context, job.id, waiting)
    .catch((error) => request.log.warn({ err: error }, 'could not check the uploads of a job'))
    .finally(() => looking.delete(job.id));
}

async function lookUntilFound(context: ApiDeps['context'], jobId: string, waiting: ReadonlySet<AbortSignal>) {
  const { followStored } = await context.store.capabilities();
  if (followStored) {
    // The leader seals an upload as soon as the storage reports it. If this process also sealed it, both would make a copy.
    await sleep(REPORTED_MS, undefined, { ref: false });
    await checkUploadsOf(context, jobId);
    return;
  }
  for (let checks = 1; ; checks += 1) {
    const isMissing = await checkUploadsOf(context, jobId);
    if (!isMissing) return;
    await sleep(pauseMs(checks, looking.size), undefined, { ref: false });
    if ([...waiting].every(({ aborted }) => aborted)) return;
  }
}

/**
 * Returns the milliseconds to wait before the next check of a job.
 *
 * @param checks number of checks of the job so far
 * @param jobs number of jobs whose uploads this process checks
 */
export function pauseMs(checks: number, jobs: number): number {
  const ownMs = Math.min(FIRST_MS * 1.5 ** (checks - 1), LONGEST_MS);
  return Math.max(ownMs, (jobs * 1000) / MOST_PER_SECOND);
}

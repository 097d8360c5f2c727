import { FINAL_STATUSES } from '../contract/common.ts';
import type { EventView } from '../contract/events.ts';
import type { Context } from '../database/context.ts';
import type { StoredEvent } from '../events/read.ts';
import { listedJobs } from './transcode/list.ts';

const FINAL_TYPES = new Set<string>(FINAL_STATUSES.map((status) => `transcode.${status}`));

/**
 * Returns events of an account as clients see them. An event that ends a job contains the job as it is now: data that has
 * been erased since the event is not shown.
 */
export async function viewEvents(
  context: Pick<Context, 'db' | 'vault' | 'store'>,
  accountId: string,
  events: readonly StoredEvent[],
): Promise<EventView[]> {
  const endedJob = ({ type, jobId }: StoredEvent) => (FINAL_TYPES.has(type) ? jobId : null);
  const ended = events.flatMap((event) => endedJob(event) ?? []);
  const jobs = new Map((await listedJobs(context, accountId, ended)).map((job) => [job.id, job]));
  return events.map((event) => ({
    id: event.cursor,
    type: event.type,
    created_at: event.createdAt.toISOString(),
    data: dataOf(event, jobs.get(endedJob(event) ?? '')),
  }));
}

function dataOf({ jobId, uploadId, payload }: StoredEvent, job: object | undefined): Record<string, unknown> {
  const { v: _, ...rest } = payload;
  return {
    ...(jobId !== null && { job_id: jobId }),
    ...(uploadId !== null && { upload_id: uploadId }),
    ...rest,
    ...(job && { job }),
  };
}

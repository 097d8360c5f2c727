import { FINAL_STATUSES } from '../contract/common.ts';
import type { EventView } from '../contract/events.ts';
import type { Context } from '../database/context.ts';
import type { StoredEvent } from '../events/read.ts';
import { queuePlaces } from '../jobs/queue-places.ts';
import { batchSummaries } from './transcode/batch-view.ts';
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
  const queued = events.flatMap(({ type, jobId }) => (type === 'transcode.queued' && jobId ? [jobId] : []));
  const places = await queuePlaces(context.db, queued);
  const batches = await batchSummaries(
    context,
    accountId,
    events.flatMap(({ batchId }) => batchId ?? []),
  );
  return events.map((event) => ({
    id: event.cursor,
    type: event.type,
    created_at: event.createdAt.toISOString(),
    data: {
      ...dataOf(event),
      ...(event.type === 'transcode.queued' && (places.get(event.jobId ?? '') ?? STARTED)),
      ...(batches.has(event.batchId ?? '') && { batch: batches.get(event.batchId!) }),
      ...(jobs.has(endedJob(event) ?? '') && { job: jobs.get(endedJob(event)!) }),
    },
  }));
}

/**
 * Returns these events with their views. An event that cannot be shown, for example because a newer release wrote its job,
 * is left out and reported. Rejects when the database is unreachable.
 */
export async function viewEachEvent<E extends StoredEvent>(
  context: Pick<Context, 'db' | 'vault' | 'store' | 'rows'>,
  accountId: string,
  events: readonly E[],
): Promise<{ event: E; view: EventView }[]> {
  const pairs = (of: readonly E[], views: readonly EventView[]) =>
    of.map((event, index) => ({ event, view: views[index]! }));
  try {
    return pairs(events, await viewEvents(context, accountId, events));
  } catch {
    const shown: { event: E; view: EventView }[] = [];
    const show = async (event: E) => {
      shown.push(...pairs([event], await viewEvents(context, accountId, [event])));
    };
    await context.rows.each('events', events, show, { idOf: ({ cursor }) => cursor });
    return shown;
  }
}

/** A job that no longer waits has no place in the queue. */
const STARTED = { position: null, expected_start_at: null };

function dataOf({ jobId, uploadId, batchId, payload }: StoredEvent): Record<string, unknown> {
  const { v: _, ...rest } = payload;
  return {
    ...(jobId !== null && { job_id: jobId }),
    ...(uploadId !== null && { upload_id: uploadId }),
    ...(batchId !== null && { batch_id: batchId }),
    ...rest,
  };
}

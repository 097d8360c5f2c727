import { FINAL_STATUSES } from '../contract/common.ts';
import type { EventView } from '../contract/events.ts';
import type { StoredEvent } from '../events/read.ts';
import type { JobEvent } from '../events/types.ts';
import type { EventViewer } from '../events/viewer.ts';
import { batchSummaries } from '../jobs/batch-summary.ts';
import { eventCatalog } from '../jobs/kind.ts';
import { readOutputNames } from '../jobs/output-names.ts';
import { forecastStarts } from '../jobs/start-forecast.ts';
import type { Kind, KindsContext, ViewContext } from './kind.ts';

type EventContext = ViewContext & Pick<KindsContext, 'kinds'>;

/** Returns the event types of all kinds, and the function that views events. */
export function eventViewer(context: EventContext): EventViewer {
  return { catalog: eventCatalog(context), view: (accountId, events) => viewEvents(context, accountId, events) };
}

/**
 * Returns events of an account as clients see them. An event that ends a job contains the current state of the job, so it does not show
 * data that was erased after the event.
 */
async function viewEvents(
  context: EventContext,
  accountId: string,
  events: readonly StoredEvent[],
): Promise<EventView[]> {
  const jobs = await endedJobs(context, accountId, events);
  const isQueued = typesOf(context.kinds.values(), 'queued');
  const isReady = typesOf(context.kinds.values(), 'output_ready');
  const jobsOf = (types: ReadonlySet<string>) =>
    events.flatMap(({ type, jobId }) => (types.has(type) && jobId ? [jobId] : []));
  const positions = await forecastStarts(context.db, jobsOf(isQueued));
  const names = await readOutputNames(context, jobsOf(isReady));
  const batches = await batchSummaries(
    context,
    accountId,
    events.flatMap(({ batchId }) => batchId ?? []),
  );
  return events.map((event) => {
    const job = jobs.get(event);
    return {
      id: event.cursor,
      type: event.type,
      created_at: event.createdAt.toISOString(),
      data: {
        ...dataOf(event),
        ...(isQueued.has(event.type) && (positions.get(event.jobId ?? '') ?? STARTED)),
        ...(isReady.has(event.type) && { output: outputOf(event, names) }),
        ...(batches.has(event.batchId ?? '') && { batch: batches.get(event.batchId!) }),
        ...(job && { job }),
      },
    };
  });
}

/** Returns the job of each event that ends a job, in the form of a list. */
async function endedJobs(
  context: EventContext,
  accountId: string,
  events: readonly StoredEvent[],
): Promise<Map<StoredEvent, object>> {
  const found = new Map<StoredEvent, object>();
  for (const { events: traits, shown } of context.kinds.values()) {
    if (!traits || !shown) continue;
    const final = new Set(FINAL_STATUSES.map((status) => `${traits.prefix}.${status}`));
    const ending = events.filter(({ type, jobId }) => jobId !== null && final.has(type));
    if (ending.length === 0) continue;
    const listed = await shown.list(
      context,
      accountId,
      ending.map(({ jobId }) => jobId!),
    );
    const byId = new Map(listed.map((job) => [job.id, job]));
    for (const event of ending) {
      const job = byId.get(event.jobId!);
      if (job) found.set(event, job);
    }
  }
  return found;
}

/** Returns the types that an event has in all kinds. */
function typesOf(kinds: Iterable<Pick<Kind, 'events'>>, event: JobEvent): ReadonlySet<string> {
  return new Set([...kinds].flatMap(({ events }) => (events ? [`${events.prefix}.${event}`] : [])));
}

/** Returns the name of the output that an event concerns. A download of the output requires this name. */
function outputOf({ jobId, payload }: StoredEvent, names: ReadonlyMap<string, readonly string[]>): string | null {
  return names.get(jobId ?? '')?.[Number(payload.position)] ?? null;
}

/**
 * Returns these events with their views. An event that cannot be shown, for example because a newer release wrote its job, is omitted and
 * reported. Rejects if the database is unreachable.
 */
export async function viewEachEvent<E extends StoredEvent>(
  context: EventContext & Pick<KindsContext, 'rows'>,
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

/** A job that has left the queue has no position. */
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

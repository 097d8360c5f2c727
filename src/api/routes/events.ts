import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, idParams, isFinal } from '../../contract/common.ts';
import { type EventPage, type EventsQuery, eventSchemas } from '../../contract/events.ts';
import { readEvents, type StoredEvent } from '../../events/read.ts';
import { type BatchJob, getBatch, jobsOfBatch } from '../../jobs/batches.ts';
import { eventCatalog } from '../../jobs/kind.ts';
import { getStatus } from '../../jobs/read.ts';
import { viewEachEvent } from '../../kinds/view-events.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps, RouteDeps } from '../deps.ts';
import { lookForUploads } from '../look-for-uploads.ts';
import { type EventHub, openEventHub } from '../streams/event-hub.ts';
import { streamEvents, wantsStream } from '../streams/event-stream.ts';
import type { StreamQuery } from '../streams/stream-query.ts';
import type { App } from '../types.ts';
import { describeOperation, oneOf, type VisibleKind, visibleKinds } from './kinds.ts';

interface EventRoutes {
  app: App;
  deps: RouteDeps;
  hub: EventHub;
  schemas: ReturnType<typeof eventSchemas>;
}

export function registerEvents(app: App, deps: RouteDeps): void {
  const onError = (error: Error) => app.log.warn({ err: error }, 'events were not read');
  const hub = openEventHub(deps.context, { signals: deps.signals, onError });
  deps.metrics.countStreams(() => hub.count());
  app.addHook('onClose', async () => hub.close());
  const routes = { app, deps, hub, schemas: eventSchemas([...eventCatalog(deps.context).keys()]) };
  registerListEvents(routes);
  for (const kind of visibleKinds(deps.context)) registerListJobEvents(routes, kind);
  registerListBatchEvents(routes);
}

function registerListEvents({ app, deps, hub, schemas }: EventRoutes): void {
  const { eventsQuery, eventPage } = schemas;
  app.get(
    '/v1/events',
    {
      config: { scope: 'read', own: 'query' },
      schema: {
        operationId: 'listEvents',
        tags: ['events'],
        summary: 'Read events, oldest first',
        description:
          'To get every event exactly once, pass `next` of each page as `after`. An empty page means that there are no newer events. Airlock keeps events for seven days. An older cursor returns 410. With `Accept: text/event-stream`, Airlock streams events as they happen. To resume a stream, send `Last-Event-ID` or `after`.',
        querystring: eventsQuery,
        response: { 200: eventPage, '4xx': errorBody },
      },
    },
    (request, reply) => {
      const reader = readerOf(request);
      if (wantsStream(request)) return streamEvents(deps, hub, { request, reply }, { ...reader, ...request.query });
      return pageOf(deps, reader, request.query);
    },
  );
}

function registerListJobEvents({ app, deps, hub, schemas }: EventRoutes, kind: VisibleKind): void {
  const { jobEventsQuery, eventPage } = schemas;
  app.get(
    `/v1/${kind.shown.path}/:id/events`,
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        ...describeOperation(
          kind,
          'events',
          `Read events of ${oneOf(kind.shown.nouns)}, oldest first`,
          `\`Accept: text/event-stream\` streams them as they happen, with \`${kind.events?.prefix}.progress\` once a second, and ends after the final event.`,
        ),
        params: idParams,
        querystring: jobEventsQuery,
        response: { 200: eventPage, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const reader = readerOf(request);
      const { accountId } = reader;
      const found = await getStatus(deps.context.db, accountId, kind.name, request.params.id);
      const isStream = wantsStream(request);
      lookForUploads(deps, request, found, isStream ? untilClosed(reply) : undefined);
      const job = found.id;
      const query = { ...request.query, job };
      if (isStream) {
        const until = {
          isLast: ({ type }: StoredEvent) => isFinal(type.split('.')[1]!),
          isOver: async () => isFinal((await getStatus(deps.context.db, accountId, kind.name, job)).status),
        };
        return streamEvents(deps, hub, { request, reply }, { ...reader, ...query, until });
      }
      return pageOf(deps, reader, query);
    },
  );
}

function registerListBatchEvents({ app, deps, hub, schemas }: EventRoutes): void {
  const { jobEventsQuery, eventPage } = schemas;
  app.get(
    '/v1/batches/:id/events',
    {
      config: { scope: 'read', own: 'batch' },
      schema: {
        operationId: 'listBatchEvents',
        tags: ['batches'],
        summary: 'Read events of a batch and of its jobs, oldest first',
        description:
          '`Accept: text/event-stream` streams them as they happen, and ends after `batch.completed`. When two jobs end in the same moment, `batch.completed` may come before the event of one of them.',
        params: idParams,
        querystring: jobEventsQuery,
        response: { 200: eventPage, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { db } = deps.context;
      const reader = readerOf(request);
      const { accountId } = reader;
      const { id } = await getBatch(db, accountId, request.params.id);
      if (!wantsStream(request)) return pageOf(deps, reader, request.query, id);
      const jobs = await jobsOfBatch(db, id);
      const batch = { id, jobs: new Set(jobs.map((job) => job.id)) };
      const isOver = async () => (await getBatch(db, accountId, id)).completed_at !== null;
      const until = { isLast: lastOfBatch(jobs), isOver };
      return streamEvents(deps, hub, { request, reply }, { ...reader, ...request.query, batch, until });
    },
  );
}

/**
 * Returns a function that determines whether an event is the last event of a batch. If two jobs end at the same time, the end of the batch
 * may precede the event of one of them.
 */
function lastOfBatch(jobs: readonly BatchJob[]): (event: StoredEvent) => boolean {
  const open = new Set(jobs.filter(({ status }) => !isFinal(status)).map(({ id }) => id));
  let isComplete = false;
  return ({ type, jobId }) => {
    if (type === 'batch.completed') isComplete = true;
    else if (jobId !== null && isFinal(type.split('.')[1]!)) open.delete(jobId);
    return isComplete && open.size === 0;
  };
}

/** Returns a signal that aborts when the client disconnects. */
function untilClosed({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController();
  raw.once('close', () => closed.abort());
  return closed.signal;
}

/** The account and keys whose events a client reads. */
type Reader = Pick<StreamQuery, 'accountId' | 'ownKeys'>;

function readerOf(request: FastifyRequest): Reader {
  const { account, ownKeys } = callerOf(request);
  return { accountId: account.id, ownKeys };
}

async function pageOf(
  { context }: ApiDeps,
  { accountId, ownKeys }: Reader,
  query: EventsQuery,
  batchId?: string,
): Promise<EventPage> {
  const { types, job: jobId, after, limit } = query;
  const page = await readEvents(context.db, eventCatalog(context), {
    ...{ accountId, ownKeys, limit },
    ...(types && { types }),
    ...(jobId && { jobId }),
    ...(batchId && { batchId }),
    ...(after !== undefined && { after }),
  });
  context.rows.skipped('event', page.unknown);
  const shown = await viewEachEvent(context, accountId, page.events);
  return { events: shown.map(({ view }) => view), next: page.last ?? after ?? null };
}

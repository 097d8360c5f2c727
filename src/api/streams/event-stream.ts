import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventView } from '../../contract/events.ts';
import { outageOf } from '../../database/outage.ts';
import { type AccountEvent, compareCursors, readEvents, type StoredEvent, visibleNow } from '../../events/read.ts';
import { eventCatalog } from '../../jobs/kind.ts';
import type { LiveProgress } from '../../jobs/live-progress.ts';
import { viewEachEvent } from '../../kinds/view-events.ts';
import { type ReadRate, watchResponse } from '../../telemetry/reader-watch.ts';
import { callerOf } from '../caller.ts';
import type { RouteDeps } from '../deps.ts';
import { CLIENT_RATE } from '../plugins/answers.ts';
import { whileWaiting } from '../plugins/concurrency.ts';
import type { EventHub, LiveEvent, Subscriber } from './event-hub.ts';
import { pageQuery, type StreamQuery } from './stream-query.ts';

/** Unread bytes above which a client is disconnected. The client resumes after its last event. */
const MAX_UNREAD = 1024 * 1024;
const PAGE = 100;

export interface StreamBounds {
  /** Minimum rate at which a client must read while bytes are waiting for it. */
  rate: ReadRate;
  /** Maximum number of new events while older events are sent. If there are more, the stream ends, and the client resumes. */
  waitingEvents: number;
}

const BOUNDS: StreamBounds = { rate: CLIENT_RATE, waitingEvents: 1_000 };

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

export function wantsStream(request: FastifyRequest): boolean {
  return request.method === 'GET' && /\btext\/event-stream\b/i.test(request.headers.accept ?? '');
}

/**
 * Streams events as they happen, as server-sent events. By default, a stream of all events contains only new events, and a stream of a job
 * or batch begins with its first event. To resume after an event, clients send `Last-Event-ID` or `after`. Never resolves, because it
 * writes the response itself.
 */
export async function streamEvents(
  deps: RouteDeps,
  hub: EventHub,
  { request, reply }: Exchange,
  query: StreamQuery,
  bounds: StreamBounds = BOUNDS,
): Promise<never> {
  const { context } = deps;
  const lastId = request.headers['last-event-id'];
  const after = query.after ?? (typeof lastId === 'string' && lastId !== '' ? lastId : undefined);
  // Read before the headers are sent, so that an invalid or expired cursor causes an ordinary error.
  if (after !== undefined)
    await readEvents(context.db, eventCatalog(context), { ...pageQuery(query), after, limit: 1 });
  reply.hijack();
  const stream = new EventStream({ deps, hub, query, bounds }, { request, reply });
  await whileWaiting(request, stream.run(after));
  return undefined as never;
}

interface StreamSource {
  deps: RouteDeps;
  hub: EventHub;
  query: StreamQuery;
  bounds: StreamBounds;
}

class EventStream implements Subscriber {
  readonly accountId: string;
  readonly callerId: string;
  readonly #deps: RouteDeps;
  readonly #hub: EventHub;
  readonly #raw: FastifyReply['raw'];
  readonly #headers: Record<string, string>;
  readonly #log: FastifyRequest['log'];
  readonly #query: StreamQuery;
  readonly #bounds: StreamBounds;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #isEnded = false;
  /** Resumes sending older events, which waits for the client. */
  #wake: () => void = () => {};
  /** Events that arrived while older events were read. Null after these events have been sent. */
  #waiting: LiveEvent[] | null = [];
  #last: string | undefined;
  /** Whether an event happened before the start of a stream that contains only new events. */
  #isPast: (cursor: string) => boolean = () => false;

  constructor({ deps, hub, query, bounds }: StreamSource, { request, reply }: Exchange) {
    this.#deps = deps;
    this.#hub = hub;
    this.#raw = reply.raw;
    this.#log = request.log;
    this.#query = query;
    this.#bounds = bounds;
    this.accountId = query.accountId;
    this.callerId = callerOf(request).id;
    this.#ended = new Promise((resolve) => {
      this.#end = () => {
        this.#isEnded = true;
        resolve();
        this.#wake();
      };
    });
    this.#raw.on('drain', () => this.#wake());
    this.#headers = {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Otherwise proxies such as nginx would buffer events.
      'x-accel-buffering': 'no',
    };
  }

  /** Resolves when the stream has ended. Without `from`, the stream contains only new events, or all events of the job or batch. */
  async run(from: string | undefined): Promise<void> {
    const end = this.#end;
    this.#raw.once('close', end);
    watchResponse(this.#raw, this.#bounds.rate, () => this.#cut());
    this.#deps.stopping.addEventListener('abort', end, { once: true });
    if (this.#deps.stopping.aborted || this.#raw.destroyed) end();
    try {
      const now = await this.#hub.subscribe(this);
      const isLive = from === undefined && !this.#query.job && !this.#query.batch;
      this.#last = isLive ? now : from;
      if (isLive) this.#isPast = await visibleNow(this.#deps.context.db);
      this.#begin();
      const isRead = isLive || (await this.#sendOlder());
      if (isRead) {
        this.#sendWaiting();
        await this.#ended;
      }
    } catch (error) {
      // The client reconnects and resumes. The hub reports an unreachable database for all streams.
      if (!outageOf(error)) this.#log.error({ err: error }, 'event stream failed');
    } finally {
      this.#hub.unsubscribe(this);
      this.#deps.stopping.removeEventListener('abort', end);
      this.#close();
    }
  }

  /** Sends the headers. When a client has received them, the stream contains every event of its later requests. */
  #begin(): void {
    if (this.#raw.headersSent || this.#raw.destroyed) return;
    this.#raw.writeHead(200, this.#headers);
    this.#raw.flushHeaders();
  }

  onEvents(events: readonly LiveEvent[]): void {
    if (!this.#waiting) for (const one of events) this.#sendLive(one);
    else if (this.#waiting.length + events.length <= this.#bounds.waitingEvents) this.#waiting.push(...events);
    else this.#end();
  }

  onProgress({ id, kind, keyId, progress, fps, speed, etaSeconds }: LiveProgress): void {
    if (this.#query.types || !this.#isOf(id) || !this.#isVisible(keyId) || this.#waiting) return;
    const data = { job_id: id, progress, fps, speed, eta_seconds: etaSeconds };
    const { prefix } = this.#deps.context.kinds.get(kind)!.events!;
    this.#write(`event: ${prefix}.progress\ndata: ${JSON.stringify(data)}\n\n`);
  }

  onBeat(): void {
    if (!this.#raw.headersSent) return;
    this.#write(': keep-alive\n\n');
  }

  onEnd(): void {
    this.#end();
  }

  /**
   * Sends the events before the subscription, page by page. Resolves to false if the stream ended first.
   */
  async #sendOlder(): Promise<boolean> {
    const { context } = this.#deps;
    const over = await this.#query.until?.isOver();
    for (;;) {
      const after = this.#last;
      const query = { ...pageQuery(this.#query), limit: PAGE, ...(after && { after }) };
      const page = await readEvents(context.db, eventCatalog(context), query);
      context.rows.skipped('event', page.unknown);
      const shown = await viewEachEvent(context, this.accountId, page.events);
      for (const { event, view } of shown) {
        this.#send(event, view);
        if (!(await this.#isDrained())) return false;
      }
      this.#last = page.last ?? this.#last;
      if (!page.isFull) break;
    }
    if (over) this.#end();
    return true;
  }

  #sendWaiting(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const one of waiting) this.#sendLive(one);
  }

  #sendLive({ event, view }: LiveEvent): void {
    if (this.#isMine(event)) {
      const { types, until } = this.#query;
      const isNew = (!this.#last || compareCursors(event.cursor, this.#last) > 0) && !this.#isPast(event.cursor);
      if (isNew && (!types || types.includes(event.type))) this.#send(event, view);
      // This also applies to an event whose type is not sent.
      if (until?.isLast(event)) this.#end();
    }
    if (endsCaller(event, this.callerId)) this.#end();
  }

  #isMine({ jobId, batchId, keyId }: AccountEvent): boolean {
    const { batch } = this.#query;
    if (!this.#isVisible(keyId)) return false;
    return (batch !== undefined && batch.id === batchId) || this.#isOf(jobId);
  }

  /** Whether the caller may see an event. `keyId` is the key of the job or batch to which the event belongs. */
  #isVisible(keyId: string | null): boolean {
    const { ownKeys } = this.#query;
    return ownKeys === null || (keyId !== null && ownKeys.includes(keyId));
  }

  #isOf(jobId: string | null): boolean {
    const { job, batch } = this.#query;
    return batch ? jobId !== null && batch.jobs.has(jobId) : !job || job === jobId;
  }

  #send(event: StoredEvent, { id, type, created_at, data }: EventView): void {
    this.#last = id;
    this.#write(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ created_at, ...data })}\n\n`);
    if (this.#query.until?.isLast(event)) this.#end();
  }

  #write(text: string): void {
    if (this.#raw.destroyed || this.#raw.writableEnded) return;
    this.#raw.write(text);
    if (this.#raw.writableLength > MAX_UNREAD) this.#cut();
  }

  /**
   * Waits until the client has read the written bytes, so that many older events do not accumulate in memory. Resolves to false if the
   * stream has ended.
   */
  async #isDrained(): Promise<boolean> {
    if (this.#raw.writableNeedDrain && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return !this.#isEnded;
  }

  #close(): void {
    this.#begin();
    this.#raw.end();
  }

  #cut(): void {
    this.#log.info({ caller: this.callerId }, 'slow reader disconnected');
    this.#raw.destroy();
  }
}

/** Whether the key of the stream has been revoked or replaced. The hub notices that a session has ended. */
function endsCaller({ type, payload }: StoredEvent, callerId: string): boolean {
  return (type === 'key.revoked' || type === 'key.rotated') && payload.key_id === callerId;
}

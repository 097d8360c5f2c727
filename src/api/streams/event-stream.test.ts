import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../../test/helpers/api.ts';
import { readSteadily } from '../../../testkit/slow-reader.ts';
import { until } from '../../../testkit/until.ts';
import type { RouteDeps } from '../deps.ts';
import { type EventHub, openEventHub } from './event-hub.ts';
import { type StreamBounds, streamEvents } from './event-stream.ts';
import type { StreamQuery } from './stream-query.ts';

/** Number and size of the events. Together, they have more bytes than the kernel buffers on both ends of a loopback connection. */
const EVENTS = 900;
const EVENT_BYTES = 9_000;
const QUICK = { bytes: 65_536, windowMs: 300 };
const PATIENT = { bytes: 65_536, windowMs: 600_000 };
const JOB = '00000000-0000-7000-8000-000000000001';

describe('a stream of events', () => {
  let api: TestApi;
  /** The ID of a valid key. After 15 seconds, the hub ends the streams of other callers. */
  let callerId: string;
  const opened: { hub: EventHub; socket: Socket; close: () => Promise<unknown> }[] = [];

  beforeAll(async () => {
    api = await startApi();
    const { rows } = await api.database.pg.query('SELECT id FROM api_keys WHERE account_id = $1', [api.account.id]);
    callerId = rows[0].id;
    await addEvents(EVENTS);
  });
  afterEach(async () => {
    for (const { hub, socket, close } of opened.splice(0)) {
      socket.destroy();
      hub.close();
      await close();
    }
  });
  afterAll(() => api?.close());

  const addEvents = (count: number) =>
    api.database.pg.query(
      `INSERT INTO events (account_id, type, job_id, data)
        SELECT $1, 'transcode.retrying', $2, jsonb_build_object('v', 1, 'error_code', repeat('x', $3))
        FROM generate_series(1, $4)`,
      [api.account.id, JOB, EVENT_BYTES, count],
    );

  /** Requests the events of the job, but reads nothing. */
  async function open(bounds: StreamBounds, changes: Partial<StreamQuery> = {}, subscribing = async () => {}) {
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
    const app = Fastify({ loggerInstance: logger as FastifyBaseLogger, forceCloseConnections: true });
    const signals = { follow: () => () => {} };
    const hub = openEventHub(api.context, { signals, onError: () => {}, lookMs: 200 });
    const subscribe = hub.subscribe.bind(hub);
    hub.subscribe = async (subscriber) => {
      await subscribing();
      return subscribe(subscriber);
    };
    const deps = { context: api.context, stopping: new AbortController().signal } as RouteDeps;
    const query = { accountId: api.account.id, ownKeys: null, job: JOB, ...changes };
    let response: ServerResponse | undefined;
    app.decorateRequest('caller', null);
    app.get('/', (request, reply) => {
      response = reply.raw;
      request.caller = { id: callerId } as never;
      return streamEvents(deps, hub, { request, reply }, query, bounds);
    });
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    opened.push({ hub, socket, close: () => app.close() });
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const connections = () => new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
    const log = () => lines.join('');
    return {
      log,
      socket,
      // An event that happens before the headers are sent can count as an older event.
      started: () => until(() => response?.headersSent, { what: 'the headers of the stream' }),
      ended: () => until(() => hub.count() === 0, { what: 'the end of the stream' }),
      disconnected: () => until(async () => (await connections()) === 0, { what: 'the end of the connection' }),
      logs: (text: string) => until(() => log().includes(text), { what: `the log line "${text}"` }),
    };
  }

  it('sends its headers only when it can no longer miss an event', async () => {
    const order: string[] = [];
    let text = '';
    const bounds = { rate: QUICK, waitingEvents: 5 };
    const { socket } = await open(bounds, { job: undefined }, async () => {
      // If headers had already been sent, they would arrive during this pause.
      await api.database.pg.query('SELECT pg_sleep(0.05)');
      order.push(`subscribes after ${text.length} bytes`);
    });
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.resume();
    await until(() => text.startsWith('HTTP/1.1 200'), { what: 'the headers' });
    expect(order).toEqual(['subscribes after 0 bytes']);
  });

  it('ends the connection of a client that resumes the stream and stops reading', async () => {
    const { started, disconnected, logs } = await open({ rate: QUICK, waitingEvents: 1_000 });
    await started();
    await disconnected();
    await logs('slow reader disconnected');
  });

  it('ends the connection of a client that does not read events as they happen', async () => {
    const { started, disconnected, logs } = await open({ rate: PATIENT, waitingEvents: 1_000 }, { job: undefined });
    await started();
    await addEvents(EVENTS);
    await disconnected();
    await logs('slow reader disconnected');
  });

  it('sends all events to a client that reads slowly and steadily', async () => {
    const { socket, disconnected } = await open({ rate: { bytes: 65_536, windowMs: 1_500 }, waitingEvents: 1_000 });
    const reading = readSteadily(socket, { bytes: 10_000, everyMs: 25, forMs: 4_000 });
    await until(() => socket.bytesRead > EVENTS * EVENT_BYTES, { what: 'the events' });
    socket.destroy();
    await disconnected();
    expect(await reading).toBeGreaterThan(0);
  });

  it('ends when too many events happen while its client does not read older events', async () => {
    const { started, ended } = await open({ rate: PATIENT, waitingEvents: 5 });
    await started();
    await addEvents(6);
    await ended();
  });

  it('logs an error of the program, but no error if the database is unreachable', async () => {
    const failWith = (error: Error) => ({ isLast: () => false, isOver: () => Promise.reject(error) });
    const bounds = { rate: QUICK, waitingEvents: 5 };
    const outage = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    const stream = await open(bounds, { until: failWith(outage) });
    await stream.started();
    await stream.ended();
    const broken = await open(bounds, { until: failWith(new TypeError('broken')) });
    await broken.logs('event stream failed');
    expect(broken.log()).toContain('TypeError');
    expect(stream.log()).not.toContain('event stream failed');
  });
});

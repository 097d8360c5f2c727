import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEY_REQUESTS } from '../../src/contract/limits.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { reportProgress } from '../../src/jobs/progress.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

interface Message {
  id: string | null;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: looked at field by field
  data: any;
}

describe('streams of events', () => {
  let api: TestApi;
  let origin: string;
  const open = new Set<AbortController>();
  beforeAll(async () => {
    api = await startApi();
    origin = await api.listen();
  });
  afterEach(() => {
    for (const stream of open) stream.abort();
    open.clear();
  });
  afterAll(() => api?.close());

  /** Opens a stream and collects its messages. */
  async function stream(path: string, headers: Record<string, string> = {}) {
    const stop = new AbortController();
    open.add(stop);
    const response = await fetch(origin + path, {
      headers: { authorization: `Bearer ${api.key}`, accept: 'text/event-stream', ...headers },
      signal: stop.signal,
    });
    const messages: Message[] = [];
    let over = false;
    let text = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) {
        text += decoder.decode(chunk, { stream: true });
        const parts = text.split('\n\n');
        text = parts.pop()!;
        messages.push(...parts.filter((part) => !part.startsWith(':')).map(parse));
      }
    })()
      .catch(() => {})
      .finally(() => {
        over = true;
      });
    const types = () => messages.map(({ event }) => event);
    return {
      response,
      messages,
      types,
      isOver: () => over,
      stop: () => stop.abort(),
      ended: reading,
      has: (type: string) => until(() => messages.find(({ event }) => event === type), { what: `the event ${type}` }),
    };
  }

  function parse(block: string): Message {
    const fields = Object.fromEntries(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    return { id: fields.id ?? null, event: fields.event!, data: JSON.parse(fields.data!) };
  }

  const create = async () =>
    (await api.call('POST', '/v1/transcodes', { inputs: [{ url: await api.upload() }], outputFormat: 'mp3' })).json.id;
  const cancel = (id: string) => cancelJob(api.context, api.account.id, 'transcode', id);

  it('send new events as they happen', async () => {
    await cancel(await create());
    const { response, messages, types, has } = await stream('/v1/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-request-id')).not.toBeNull();
    const id = await create();
    await has('transcode.queued');
    await cancel(id);
    const { data } = await has('transcode.canceled');
    expect(types()).toEqual(['upload.confirmed', 'transcode.queued', 'transcode.canceled']);
    expect(data).toMatchObject({ job_id: id, job: { id, status: 'canceled' } });
    expect(messages.every((message) => message.id)).toBe(true);
  });

  it.each(['header', 'query'])('resume after an event, without a gap or a repetition (%s)', async (how) => {
    const first = await stream('/v1/events');
    const jobs = [await create(), await create(), await create()];
    await until(() => first.messages.length === 6, { what: 'six events' });
    first.stop();
    for (const job of jobs) await cancel(job);
    const last = first.messages[3]!.id!;
    const second =
      how === 'header'
        ? await stream('/v1/events', { 'last-event-id': last })
        : await stream(`/v1/events?after=${last}`);
    await until(() => second.messages.length === 5, { what: 'the rest' });
    expect(second.messages.slice(0, 2).map(({ id }) => id)).toEqual(first.messages.slice(4).map(({ id }) => id));
    expect(second.types().slice(2)).toEqual(Array(3).fill('transcode.canceled'));
    // Reading pages returns the same events.
    const page = (await api.call('GET', `/v1/events?after=${last}`)).json.events;
    expect(page.map((event: { id: string }) => event.id)).toEqual(second.messages.map(({ id }) => id));
  });

  it('streams of events for a job begin with its first event and end after its final event, even if the job has already ended', async () => {
    const id = await create();
    const live = await stream(`/v1/transcodes/${id}/events`);
    await live.has('transcode.queued');
    await create();
    await cancel(id);
    await live.ended;
    expect(live.types()).toEqual(['transcode.queued', 'transcode.canceled']);
    const late = await stream(`/v1/transcodes/${id}/events`);
    await late.ended;
    expect(late.messages.map((message) => message.id)).toEqual(live.messages.map((message) => message.id));
    await api.database.pg.query('DELETE FROM events WHERE job_id = $1', [id]);
    const expired = await stream(`/v1/transcodes/${id}/events`);
    await expired.ended;
    expect(expired.messages).toEqual([]);
  });

  it('send progress in messages without an id', async () => {
    const id = await create();
    const { has, messages } = await stream(`/v1/transcodes/${id}/events`);
    const worker = { id: uuidv7(), tier: 'bwrap' };
    let claim = null;
    for (const resourceClass of ['light', 'heavy'] as const) {
      for (;;) {
        const next = await claimJob(api.context, resourceClass, { worker });
        if (!next) break;
        if (next.job.id === id) claim = next;
      }
    }
    await has('transcode.started');
    await reportProgress(api.context, claim!, { progress: 0.25, speed: 2, fps: 50, etaSeconds: 9 });
    const { data, id: cursor } = await has('transcode.progress');
    expect([cursor, data]).toEqual([null, { job_id: id, progress: 0.25, fps: 50, speed: 2, eta_seconds: 9 }]);
    await cancel(id);
    await has('transcode.canceled');
    expect(messages.filter(({ event }) => event === 'transcode.progress')).toHaveLength(1);
  });

  it('show the position in the queue while a job waits', async () => {
    await api.database.pg.query(
      `UPDATE jobs SET status = 'canceled', completed_at = now() WHERE status IN ('pending', 'processing')`,
    );
    const [first, second] = [await create(), await create()];
    const { messages } = await stream(`/v1/transcodes/${second}/events`);
    await until(() => messages.length === 1, { what: 'the event' });
    expect(messages[0]!.data).toMatchObject({ job_id: second, position: 2, expected_start_at: null });
    await cancel(first);
    await cancel(second);
    const { events } = (await api.call('GET', `/v1/transcodes/${second}/events`)).json;
    expect(events[0].data).toMatchObject({ position: null, expected_start_at: null });
  });

  it('contain only events of the requested types', async () => {
    const { types, has } = await stream('/v1/events?types=transcode.canceled');
    await cancel(await create());
    await has('transcode.canceled');
    expect(types()).toEqual(['transcode.canceled']);
  });

  it('streams of another account contain no event of this account', async () => {
    const stranger = { authorization: `Bearer ${await api.makeKey({ account: await api.makeAccount() })}` };
    const id = await create();
    expect((await stream(`/v1/transcodes/${id}/events`, stranger)).response.status).toBe(404);
    const { messages } = await stream('/v1/events', stranger);
    const mine = await stream('/v1/events');
    await cancel(id);
    await mine.has('transcode.canceled');
    const [own] = (await api.call('GET', '/v1/events')).json.events;
    expect(messages).toEqual([]);
    expect((await stream(`/v1/events?after=${own.id}`, stranger)).response.status).toBe(410);
  });

  it('are rejected with a wrong cursor, without a key, or without the scope', async () => {
    expect((await stream('/v1/events?after=nothing')).response.status).toBe(400);
    expect((await stream('/v1/events', { 'last-event-id': 'nothing' })).response.status).toBe(400);
    expect((await stream('/v1/events', { authorization: '' })).response.status).toBe(401);
    const uploader = await api.makeKey({ scopes: ['upload'] });
    expect((await stream('/v1/events', { authorization: `Bearer ${uploader}` })).response.status).toBe(403);
    const head = await fetch(`${origin}/v1/events`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' },
    });
    expect(head.status).toBe(200);
  });

  it('end when their key is revoked or rotated', async () => {
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/rotate'],
    ] as const) {
      const made = (await api.call('POST', '/v1/keys', { name: 'stream' })).json;
      const { ended, isOver, has } = await stream('/v1/events', { authorization: `Bearer ${made.key}` });
      const id = await create();
      await has('transcode.queued');
      expect(isOver()).toBe(false);
      await api.call(method, `/v1/keys/${made.id}${path}`);
      await ended;
      await cancel(id);
    }
  });

  it('streams of events that wait for events do not block other requests of their key', async () => {
    const streams = await Promise.all(Array.from({ length: KEY_REQUESTS.active + 1 }, () => stream('/v1/events')));
    expect(new Set(streams.map(({ response }) => response.status))).toEqual(new Set([200]));
    expect((await fetch(`${origin}/v1/transcodes`, { headers: { authorization: `Bearer ${api.key}` } })).status).toBe(
      200,
    );
  });
});

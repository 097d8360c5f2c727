import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFetcher } from '../../src/fetcher/index.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { eventViewer } from '../../src/kinds/view-events.ts';
import { type ClaimedDelivery, claimDeliveries } from '../../src/webhooks/claim.ts';
import { RETRY_SECONDS, sendDeliveries } from '../../src/webhooks/send.ts';
import { nextTurn } from '../../src/webhooks/shares.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
}

type Response = (response: ServerResponse, message: Received) => void;

const MANY = 200;

const OK: Response = (response) => response.writeHead(204).end();
const status =
  (code: number, headers = {}): Response =>
  (response) =>
    response.writeHead(code, headers).end();

describe('webhooks', () => {
  let api: TestApi;
  let receiver: Awaited<ReturnType<typeof startSource>>;
  let received: Received[] = [];
  let reply: Response = OK;
  const fetcher = createFetcher({ allow: ['127.0.0.1/32'], ports: [443], maxBytes: 1, deadlineMs: 1 });
  const deps = () => ({ context: api.context, viewer: eventViewer(api.context), fetcher });

  beforeAll(async () => {
    const sources = { allow: ['127.0.0.1/32'], ports: [443] };
    api = await startApi({}, {}, sources);
    receiver = await startSource(async (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const headers = request.headers as Record<string, string>;
      const message = { path: request.url!, headers, body: Buffer.concat(chunks).toString() };
      received.push(message);
      reply(response, message);
    });
  });
  beforeEach(() => {
    received = [];
    reply = OK;
  });
  afterEach(() => api.database.pg.query('DELETE FROM webhooks; DELETE FROM webhook_deliveries'));
  afterAll(async () => {
    receiver?.close();
    await api?.close();
  });

  const create = async (body: object = {}, path = '/hook') =>
    (await api.call('POST', '/v1/webhooks', { url: `${receiver.url}${path}`, ...body })).json;
  const createJob = async (body: object = {}) =>
    (await api.call('POST', '/v1/transcodes', { inputs: [{ url: await api.upload() }], outputFormat: 'mp3', ...body }))
      .json.id as string;
  const endJob = (id: string) => cancelJob(api.context, api.account.id, 'transcode', id);
  const test = async (id: string) => (await api.call('POST', `/v1/webhooks/${id}/test`)).json;
  const deliveries = async (id: string) => (await api.call('GET', `/v1/webhooks/${id}/deliveries`)).json.items;
  const claim = (limit = 16, sending: ClaimedDelivery[] = []) => {
    const taken = sending.map((one) => ({ accountId: one.account_id, endpoint: one.endpoint, isProbe: one.is_probe }));
    return claimDeliveries(api.context.db, eventViewer(api.context).catalog, { ...nextTurn(taken)!, limit });
  };
  /** Sends due deliveries until none is due. */
  const sendDue = async () => {
    for (;;) {
      const claimed = await claim();
      if (claimed.length === 0) return;
      await Promise.all(sendDeliveries(deps(), claimed));
    }
  };
  const makeDue = () => api.database.pg.query(`UPDATE webhook_deliveries SET next_attempt_at = now()`);
  const verify = (secret: string, { body, headers }: Received) => new Webhook(secret).verify(body, headers) as object;

  it('receive the events of their types, signed as Standard Webhooks describes', async () => {
    const { secret, id } = await create({ types: ['transcode.canceled'] });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const job = await createJob();
    await endJob(job);
    await sendDue();
    expect(received).toHaveLength(1);
    const message = verify(secret, received[0]!);
    // The event becomes visible only after open transactions in other databases of the server have ended.
    const event = await until(
      async () => (await api.call('GET', '/v1/events?types=transcode.canceled')).json.events[0],
      { what: 'the event' },
    );
    expect(message).toEqual({
      id: event.id,
      type: 'transcode.canceled',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { job_id: job, job: expect.objectContaining({ id: job, status: 'canceled' }) },
    });
    expect(received[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Airlock' });
    expect(await deliveries(id)).toEqual([
      expect.objectContaining({ status: 'delivered', attempts: 1, response_status: 204, error: null, job_id: job }),
    ]);
    expect(received[0]!.headers['webhook-id']).toBe(`msg_${(await deliveries(id))[0].id}`);
  });

  it('are created, listed, changed and deleted, and only the response to the create contains the secret', async () => {
    const made = await create({ description: 'production' });
    expect(made).toMatchObject({ url: `${receiver.url}/hook`, types: null, enabled: true, description: 'production' });
    const { secret: _, ...shown } = made;
    expect((await api.call('GET', '/v1/webhooks')).json.items).toEqual([shown]);
    expect((await api.call('GET', `/v1/webhooks/${made.id}`)).json).toEqual(shown);
    const changed = await api.call('PATCH', `/v1/webhooks/${made.id}`, { enabled: false, types: ['upload.confirmed'] });
    expect(changed.json).toMatchObject({ enabled: false, disabled_reason: 'paused', types: ['upload.confirmed'] });
    expect((await test(made.id)).code).toBe('webhook_disabled');
    expect((await api.call('DELETE', `/v1/webhooks/${made.id}`)).json).toEqual({
      ...{ id: made.id, object: 'webhook', deleted: true },
      success: true,
    });
    expect((await api.call('GET', `/v1/webhooks/${made.id}`)).status).toBe(404);
  });

  it('return 404 to another account, and 403 to a key without the scope', async () => {
    const made = await create();
    const [delivery] = [await test(made.id)];
    const other = { authorization: `Bearer ${await api.makeKey({ account: await api.makeAccount() })}` };
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
    ] as const) {
      expect((await api.call(method, `/v1/webhooks/${made.id}${path}`, {}, other)).status, path).toBe(404);
    }
    expect((await api.call('POST', `/v1/webhooks/deliveries/${delivery.id}/redeliver`, {}, other)).status).toBe(404);
    const reader = { authorization: `Bearer ${await api.makeKey({ scopes: ['read', 'transcode', 'upload'] })}` };
    expect((await api.call('POST', '/v1/webhooks', { url: 'https://example.com' }, reader)).status).toBe(403);
    expect((await api.call('GET', '/v1/webhooks/secret', undefined, reader)).status).toBe(403);
    expect(await verifyNothingLeaks(made.secret)).toBe(true);
  });

  /** Returns whether no row contains the secret in plain text or in hexadecimal. */
  async function verifyNothingLeaks(secret: string): Promise<boolean> {
    const { rows } = await api.database.pg.query(`SELECT webhooks::text AS text FROM webhooks`);
    const hex = Buffer.from(secret).toString('hex');
    return rows.every(({ text }) => !text.includes(secret) && !text.includes(hex));
  }

  it.each([
    ['http://8.8.8.8/hook', /https:\/\//],
    ['http://169.254.169.254/latest', /private or reserved/],
    ['https://10.0.0.1/', /private or reserved/],
    ['https://user:secret@example.com/', /user name or password/],
    ['https://0xa000001/', /./],
    ['ftp://example.com/', /./],
    ['https://8.8.8.8:22/', /port/],
    ['nothing', /./],
  ])('reject %s as a URL', async (url, reason) => {
    const rejected = await api.call('POST', '/v1/webhooks', { url });
    expect([rejected.status, rejected.json.details.field]).toEqual([400, 'url']);
    expect(rejected.json.details.reason).toMatch(reason);
    const job = { inputs: [{ url: await api.upload() }], outputFormat: 'mp3', webhook_url: url };
    const create = await api.call('POST', '/v1/transcodes', job);
    expect([create.status, create.json.details.field]).toEqual([400, 'webhook_url']);
  });

  it('webhooks that resolve to a private address are rejected when they are sent, not only when they are created', async () => {
    const { id } = await create();
    await test(id);
    const claimed = await claim(1);
    const guarded = createFetcher({ allow: [], ports: [443], maxBytes: 1, deadlineMs: 1 });
    await Promise.all(
      sendDeliveries({ context: api.context, viewer: eventViewer(api.context), fetcher: guarded }, claimed),
    );
    expect(received).toEqual([]);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'pending', attempts: 1, error: 'address_refused' });
  });

  it('are retried with growing delays under the same id, and then fail', async () => {
    const { id, secret } = await create();
    reply = status(500);
    await test(id);
    for (const seconds of RETRY_SECONDS) {
      await sendDue();
      const [delivery] = await deliveries(id);
      const delay = (new Date(delivery.next_attempt_at).getTime() - new Date(delivery.attempted_at).getTime()) / 1000;
      expect(delay).toBeGreaterThan(seconds * 0.79);
      expect(delay).toBeLessThan(seconds * 1.21);
      await makeDue();
    }
    await sendDue();
    expect(await deliveries(id)).toEqual([
      expect.objectContaining({ status: 'failed', attempts: 10, response_status: 500, error: 'http_status' }),
    ]);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const message of received) verify(secret, message);
    // A delivery that is sent again by hand gets all retries again, and `attempts` continues to count.
    reply = OK;
    expect((await api.call('POST', `/v1/webhooks/deliveries/${(await deliveries(id))[0].id}/redeliver`)).status).toBe(
      202,
    );
    await sendDue();
    expect((await deliveries(id))[0]).toMatchObject({ status: 'delivered', attempts: 11 });
  });

  it('follow no redirect', async () => {
    const { id } = await create();
    reply = (response, { path }) =>
      path === '/hook' ? response.writeHead(302, { location: '/elsewhere' }).end() : response.end();
    await test(id);
    await sendDue();
    expect(received.map(({ path }) => path)).toEqual(['/hook']);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'pending', error: 'redirect', response_status: 302 });
  });

  it('webhooks that return 410 are disabled, and an event reports this', async () => {
    const [gone, other] = [await create({}, '/gone'), await create({ types: ['webhook.disabled'] }, '/other')];
    reply = (response, { path }) => status(path === '/gone' ? 410 : 200)(response, undefined as never);
    await test(gone.id);
    await sendDue();
    const shown = (await api.call('GET', `/v1/webhooks/${gone.id}`)).json;
    expect(shown).toMatchObject({ enabled: false, disabled_reason: 'gone' });
    const news = received.find(({ path }) => path === '/other')!;
    expect(verify(other.secret, news)).toMatchObject({
      type: 'webhook.disabled',
      data: { webhook_id: gone.id, reason: 'gone' },
    });
  });

  it('webhooks that have failed for three days are disabled, and a success or an enable resets this period', async () => {
    const { id } = await create();
    const age = (days: number) =>
      api.database.pg.query(`UPDATE webhooks SET failing_since = now() - make_interval(days => $1)`, [days]);
    const read = async () => (await api.call('GET', `/v1/webhooks/${id}`)).json;
    reply = status(503);
    await test(id);
    await sendDue();
    expect((await read()).failing_since).not.toBeNull();
    await age(2);
    reply = OK;
    await makeDue();
    await sendDue();
    expect(await read()).toMatchObject({ enabled: true, failing_since: null });
    reply = status(503);
    await test(id);
    await sendDue();
    await age(4);
    await makeDue();
    await sendDue();
    expect(await read()).toMatchObject({ enabled: false, disabled_reason: 'failing' });
    const enabled = await api.call('PATCH', `/v1/webhooks/${id}`, { enabled: true });
    expect(enabled.json).toMatchObject({ enabled: true, failing_since: null, disabled_reason: null });
  });

  it('sign with both secrets during the overlap of a rotation, and with only the new secret afterwards', async () => {
    const { id, secret } = await create();
    const rotated = (await api.call('POST', `/v1/webhooks/${id}/rotate`, { overlap_seconds: 60 })).json;
    expect(rotated.secret).not.toBe(secret);
    await test(id);
    await sendDue();
    verify(secret, received[0]!);
    verify(rotated.secret, received[0]!);
    await api.database.pg.query(`UPDATE webhooks SET old_secret_until = now()`);
    await test(id);
    await sendDue();
    verify(rotated.secret, received[1]!);
    expect(() => verify(secret, received[1]!)).toThrow();
  });

  it('webhooks of a job receive only its final event, signed with the default secret of the account', async () => {
    const job = await createJob({ webhook_url: `${receiver.url}/job` });
    await createJob();
    await endJob(job);
    await sendDue();
    expect(received.map(({ path }) => path)).toEqual(['/job']);
    const { secret } = (await api.call('GET', '/v1/webhooks/secret')).json;
    expect(verify(secret, received[0]!)).toMatchObject({ type: 'transcode.canceled', data: { job_id: job } });
    const rotated = (await api.call('POST', '/v1/webhooks/secret/rotate', {})).json;
    expect([rotated.secret === secret, rotated.old_secret_until]).toEqual([false, null]);
  });

  it('webhooks of an erased job receive no further events', async () => {
    const job = await createJob({ webhook_url: `${receiver.url}/job` });
    await endJob(job);
    await eraseJob(api.context, api.account.id, 'transcode', job, { actor: 'cli' });
    await sendDue();
    expect(received).toEqual([]);
  });

  it('webhooks that hang time out, and delay no other endpoint', async () => {
    const [hanging, quick] = [await create({}, '/hang'), await create({}, '/quick')];
    reply = (response, message) => message.path === '/quick' && OK(response, message);
    for (let event = 0; event < 10; event += 1) await test(hanging.id);
    await test(quick.id);
    const claimed = await claim();
    expect(claimed.map(({ webhook_id }) => webhook_id).sort()).toEqual([hanging.id, hanging.id, quick.id].sort());
    expect(await claim(16, claimed)).toEqual([]);
    // Only the endpoints that hang need a short time limit. On a busy machine, even a quick endpoint can take 300 ms.
    const post: typeof fetcher.post = (url, message) =>
      fetcher.post(url, url.endsWith('/hang') ? { ...message, timeoutMs: 300 } : message);
    const short = { ...fetcher, post };
    await Promise.all(
      sendDeliveries({ context: api.context, viewer: eventViewer(api.context), fetcher: short }, claimed),
    );
    expect((await deliveries(quick.id))[0]).toMatchObject({ status: 'delivered' });
    const errors = (await deliveries(hanging.id)).map(({ error }: { error: string | null }) => error);
    expect(errors.filter((error: string | null) => error === 'timeout')).toHaveLength(2);
  });

  it('webhooks whose response never ends count as delivered, because only the status is read', async () => {
    const { id } = await create();
    let closed: Promise<unknown> | undefined;
    reply = (response) => {
      closed = once(response, 'close');
      response.writeHead(200);
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', flood);
      };
      flood();
    };
    await test(id);
    await sendDue();
    await closed;
    expect((await deliveries(id))[0]).toMatchObject({ status: 'delivered', response_status: 200 });
  });

  it('deliver hundreds of events to a receiver that fails half of the time, each with a stable id and a valid signature', async () => {
    const { id, secret } = await create();
    await api.database.pg.query(
      `WITH event AS (
         INSERT INTO events (account_id, type, data)
         SELECT $1, 'webhook.test', jsonb_build_object('v', 1, 'webhook_id', $2::text) FROM generate_series(1, $3::int)
         RETURNING tx, id)
       INSERT INTO webhook_deliveries (id, account_id, webhook_id, endpoint, event_tx, event_id, type)
       SELECT gen_random_uuid(), $1, $2::uuid, $2::uuid, tx, id, 'webhook.test' FROM event`,
      [api.account.id, id, MANY],
    );
    const failed = new Map<string, number>();
    let count = 0;
    // A delivery fails at most as often as it is retried.
    reply = (response, message) => {
      const name = message.headers['webhook-id']!;
      const times = failed.get(name) ?? 0;
      const fails = count++ % 2 === 0 && times < RETRY_SECONDS.length;
      if (fails) failed.set(name, times + 1);
      status(fails ? 500 : 200)(response, message);
    };
    const open = async () =>
      (await api.database.pg.query(`SELECT count(*)::int AS n FROM webhook_deliveries WHERE state = 'pending'`)).rows[0]
        .n;
    const work = async () => {
      while ((await open()) > 0) {
        await makeDue();
        await sendDue();
      }
    };
    await work();
    const { total } = (await api.call('GET', `/v1/webhooks/${id}/deliveries?status=delivered&limit=1`)).json;
    expect(total).toBe(MANY);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(MANY);
    for (const message of received) verify(secret, message);
  }, 60_000);

  it('webhooks of a batch receive its final event once, signed with the default secret, and no event of its jobs', async () => {
    const jobs = [{ inputs: [{ url: await api.upload() }], outputFormat: 'mp3' }, { outputFormat: 'mp3' }];
    const batch = { jobs, webhook_url: `${receiver.url}/batch`, metadata: { order: 17 } };
    const { id, items } = (await api.call('POST', '/v1/transcodes/batch', batch)).json;
    await endJob(items[0].job.id);
    await sendDue();
    expect(received.map(({ path }) => path)).toEqual(['/batch']);
    const { secret } = (await api.call('GET', '/v1/webhooks/secret')).json;
    const shown = { id, status: 'completed', refused: 1, metadata: { user: { order: 17 } } };
    expect(verify(secret, received[0]!)).toMatchObject({
      type: 'batch.completed',
      data: { batch_id: id, batch: shown },
    });
    const inside = await api.call('POST', '/v1/transcodes/batch', { jobs, webhook_url: 'https://10.0.0.1/x' });
    expect([inside.status, inside.json.details.field]).toEqual([400, 'webhook_url']);
  });

  it('are delivered once when many workers claim deliveries, and are claimed again if no worker sends them', async () => {
    const { id } = await create();
    for (let event = 0; event < 8; event += 1) await test(id);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(2)));
    const ids = claims.flat().map((delivery) => delivery.id);
    expect(new Set(ids).size).toBe(ids.length);
    // The claimed deliveries were not sent.
    await makeDue();
    await sendDue();
    await until(async () => (await deliveries(id)).every((one: { status: string }) => one.status === 'delivered'), {
      what: 'deliveries',
    });
    expect(received).toHaveLength(8);
  });

  it('are read from the database once for all deliveries that are sent together', async () => {
    const { id } = await create();
    await create({}, '/other');
    await endJob(await createJob());
    await test(id);
    const read = vi.spyOn(pg.Client.prototype, 'query');
    try {
      await sendDue();
      const texts = read.mock.calls.map(([query]) => String((query as { text?: string }).text ?? query));
      const reads = (table: RegExp) => texts.filter((text) => /^\s*select /i.test(text) && table.test(text)).length;
      expect(received.length).toBeGreaterThan(3);
      // There are two batches, because the first contains only two deliveries for each endpoint.
      expect([reads(/from "webhooks"/), reads(/FROM events/)]).toEqual([2, 2]);
    } finally {
      read.mockRestore();
    }
  });

  it('are limited to twenty per account', async () => {
    for (let made = 0; made < 20; made += 1) await create();
    expect((await create()).code).toBe('too_many_webhooks');
  });

  it('can be created at most a hundred times in 24 hours, including deleted webhooks', async () => {
    const day = (points: number, seconds: number) =>
      api.database.pg.query(
        `UPDATE rate_limits SET points = $1, expire = (extract(epoch FROM now() + make_interval(secs => $2)) * 1000)::bigint
         WHERE key LIKE 'day:webhooks:%'`,
        [points, seconds],
      );
    await create();
    expect((await day(99, 60)).rowCount).toBeGreaterThan(0);
    const { id } = await create();
    expect((await api.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(200);
    const rejected = await create();
    expect([rejected.code, rejected.details.limit, rejected.details.remedy]).toEqual([
      'too_many_webhooks',
      100,
      expect.stringContaining('tomorrow'),
    ]);
    await day(100, -1);
    expect((await create()).code).toBeUndefined();
  });
});

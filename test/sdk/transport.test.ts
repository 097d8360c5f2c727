import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Airlock, AirlockError, JobError, type Progress } from '../../sdk/src/index.ts';
import type { Listening, RequestHandler } from '../../testkit/servers.ts';
import { startSource } from '../../testkit/source-server.ts';

const KEY = `al_live_${'k'.repeat(36)}`;
const ID = '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f';

type Response = (request: IncomingMessage, response: ServerResponse) => void;

/** Tests the client with a server that handles each request with the next entry of `script`. */
describe('the client of a server that fails', () => {
  const requests: { line: string; headers: IncomingMessage['headers'] }[] = [];
  let script: Response[] = [];
  let server: Listening;
  const handler: RequestHandler = (request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    request.resume();
    script.shift()!(request, response);
  };
  let airlock: Airlock;
  beforeAll(async () => {
    server = await startSource(handler);
    airlock = new Airlock({ url: `${server.url}/`, key: KEY });
  });
  afterAll(() => server?.close());
  beforeEach(() => {
    requests.length = 0;
    script = [];
  });

  const json =
    (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
    (_, response) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const error = (status: number, code: string, headers = {}, docs = `/docs/errors#${code}`) =>
    json(status, { error: code, message: `Because of ${code}.`, code, details: { field: 'x' }, docs }, headers);
  const cut: Response = (request) => request.socket.destroy();
  const stream =
    (text: string, end = true): Response =>
    (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
      if (end) response.end();
    };
  const lines = () => requests.map(({ line }) => line);

  it('repeats a create that may have succeeded, with the same Idempotency-Key', async () => {
    script = [cut, error(503, 'unavailable'), json(201, { id: ID })];
    expect(await airlock.create({ inputs: [{ url: 'https://example.org/a.mp4' }], output_format: 'mp4' })).toEqual({
      id: ID,
    });
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(1);
  });

  it('repeats the create of an upload token with the same Idempotency-Key', async () => {
    script = [cut, json(201, { id: ID, token: 't' })];
    expect(await airlock.createUploadToken({ max_bytes: 1000 })).toMatchObject({ token: 't' });
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  });

  it('does not repeat a request that must not be sent twice, or that is rejected', async () => {
    script = [cut];
    await expect(airlock.call('post', '/v1/webhooks/{id}/test', { path: { id: ID } })).rejects.toMatchObject({
      code: 'unreachable',
      status: null,
    });
    script = [error(422, 'option_refused', { 'x-request-id': 'r-1' })];
    const rejected = await airlock.get(ID).catch((caught) => caught);
    expect(rejected).toBeInstanceOf(AirlockError);
    expect(rejected).toMatchObject({ code: 'option_refused', status: 422, details: { field: 'x' }, requestId: 'r-1' });
    expect(requests).toHaveLength(2);
  });

  it('makes the documentation URL of an error absolute, and accepts only web URLs', async () => {
    const docsOf = async (docs?: string) => {
      script = [error(404, 'not_found', {}, docs)];
      return (await airlock.get(ID).catch((caught) => caught)).docs;
    };
    expect(await docsOf()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/docs\/errors#not_found$/);
    expect(await docsOf('https://video.example.com/docs/errors#not_found')).toMatch(
      /^https:\/\/video\.example\.com\/docs/,
    );
    expect(await docsOf('javascript:alert(1)')).toBeNull();
  });

  it('waits for the time that a 429 requires', async () => {
    script = [error(429, 'rate_limit_exceeded', { 'retry-after': '1' }), json(200, { job: { id: ID } })];
    const began = Date.now();
    await airlock.cancel(ID);
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  it('follows no redirect, and names what to check if another server responds', async () => {
    script = [(_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()];
    await expect(airlock.get(ID)).rejects.toMatchObject({
      code: 'unexpected_response',
      message: /redirect.*Check the URL/,
    });
    script = [(_, response) => response.writeHead(404).end('<h1>secret page</h1>')];
    const other = await airlock.get(ID).catch(String);
    expect(other).toMatch(/returned 404, not as Airlock does/);
    expect(other).not.toContain('secret page');
  });

  it('reveals the key in no error and no printed object', async () => {
    const gone = new Airlock({ url: 'http://127.0.0.1:9', key: KEY, retries: 0 });
    const failed = await gone.get(ID).catch((caught) => caught);
    expect(failed.message).toMatch(/^http:\/\/127\.0\.0\.1:9 does not respond/);
    script = [error(401, 'unauthorized')];
    const rejected = await airlock.get(ID).catch((caught) => caught);
    for (const shown of [failed, rejected, gone, airlock]) {
      expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain(KEY);
      expect(JSON.stringify(shown)).not.toContain(KEY);
    }
  });

  it('rejects a URL with a password or another scheme, and a missing key', () => {
    for (const url of ['http://me:secret@example.org', 'ftp://example.org', 'example.org']) {
      expect(() => new Airlock({ url, key: KEY })).toThrow(/The URL of the server must/);
    }
    expect(() => new Airlock({ url: 'http://localhost', key: '' })).toThrow(/AIRLOCK_API_KEY/);
  });

  it('sends no key if the key is null, for a server of your own that adds it', async () => {
    script = [json(200, { id: ID })];
    await new Airlock({ url: server.url, key: null }).get(ID);
    expect(requests[0]!.headers.authorization).toBeUndefined();
  });

  it('retries a request that got no response in time, and allows for the seconds that the server was asked to wait', async () => {
    const hasty = new Airlock({ url: server.url, key: KEY, timeoutMs: 300, retries: 1 });
    const hang: Response = () => {};
    const halfway: Response = (_, response) => response.writeHead(200).write('{"id":');
    script = [hang, ...Array<Response>(3).fill(json(200, { id: ID }))];
    // On a busy machine, even a response that is sent at once can take 0.3 seconds.
    expect(await new Airlock({ url: server.url, key: KEY, timeoutMs: 300, retries: 3 }).get(ID)).toEqual({ id: ID });
    expect(requests.length).toBeGreaterThan(1);
    script = [hang, halfway];
    await expect(hasty.get(ID)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/has not responded within 0\.3 seconds/),
      details: { reason: 'timeout' },
    });
    script = [(_, response) => setTimeout(() => response.end(JSON.stringify({ id: ID })), 600)];
    expect(await hasty.request('GET', `/v1/transcodes/${ID}`, { query: { wait: 30 } })).toEqual({ id: ID });
    expect(() => new Airlock({ url: 'http://localhost', key: KEY, timeoutMs: 0 })).toThrow(/timeoutMs/);
  });

  it('reads a list page by page, with the cursor of each page', async () => {
    const page = (ids: number[], next: string | null) => json(200, { items: ids.map((id) => ({ id })), next });
    script = [page([5, 4], 'c4'), page([3], 'c3'), page([2], null)];
    const found: unknown[] = [];
    for await (const { id } of airlock.jobs({ status: 'failed', limit: 2 })) found.push(id);
    expect(found).toEqual([5, 4, 3, 2]);
    expect(lines()).toEqual([
      'GET /v1/transcodes?limit=2&status=failed',
      'GET /v1/transcodes?limit=2&status=failed&after=c4',
      'GET /v1/transcodes?limit=2&status=failed&after=c3',
    ]);
  });

  it('waits for a job with events, and continues after the last event when the connection breaks', async () => {
    const progress: Progress[] = [];
    script = [
      stream('id: c1\nevent: transcode.queued\ndata: {"position":2}\n\n: still here\n\n'),
      stream(
        'event: transcode.progress\ndata: {"progress":0.5,"speed":2,"eta_seconds":9}\n\nid: c2\nevent: transcode.completed\ndata: {}\n\n',
        false,
      ),
      json(200, { id: ID, status: 'completed' }),
    ];
    const job = await airlock.wait(ID, { onProgress: (one) => progress.push(one) });
    expect(job.status).toBe('completed');
    expect(progress).toEqual([
      { stage: 'queue', fraction: null, position: 2 },
      { stage: 'encode', fraction: 0.5, speed: 2, etaSeconds: 9 },
    ]);
    expect(lines().slice(0, 2)).toEqual([
      `GET /v1/transcodes/${ID}/events`,
      `GET /v1/transcodes/${ID}/events?after=c1`,
    ]);
  });

  it.each(['completed', 'failed', 'canceled', 'deleted'])(
    'ends the iteration over the events of a job at transcode.%s',
    async (state) => {
      // The server keeps the connection open, as it does after an erasure.
      script = [
        stream(`id: c1\nevent: transcode.started\ndata: {}\n\nid: c2\nevent: transcode.${state}\ndata: {}\n\n`, false),
      ];
      const types: string[] = [];
      for await (const { type } of airlock.events({ job: ID })) types.push(type);
      expect(types).toEqual(['transcode.started', `transcode.${state}`]);
    },
  );

  it('waits for a job with ?wait= if a proxy does not pass on events', async () => {
    script = [
      json(200, { events: [] }),
      json(200, { status: 'pending', queue_position: 1 }),
      json(200, { status: 'failed' }),
    ];
    expect((await airlock.wait(ID)).status).toBe('failed');
    expect(lines().slice(1)).toEqual(Array(2).fill(`GET /v1/transcodes/${ID}?wait=25`));
  });

  it('stops with the reason of the abort, and cancels the job of a transcode', async () => {
    const stop = new AbortController();
    script = [
      json(201, { id: ID, status: 'pending' }),
      (request, response) => {
        stream(': hello\n\n', false)(request, response);
        stop.abort(new Error('enough'));
      },
      json(200, { job: { id: ID } }),
    ];
    const options = { input: 'https://example.org/a.mp4', output_format: 'mp4', signal: stop.signal } as const;
    await expect(airlock.transcode(options)).rejects.toThrow('enough');
    expect(lines().at(-1)).toBe(`PATCH /v1/transcodes/${ID}/cancel`);
  });

  it('continues a download at the byte where it stopped, with a new link', async () => {
    const link = json(200, {
      url: `${server.url}/bytes?X-Amz-Signature=s`,
    });
    const half: Response = (_, response) => {
      response.writeHead(200, { 'content-length': '8' }).write('half', () => response.destroy());
    };
    const rest: Response = (_, response) => response.writeHead(206).end('rest');
    script = [link, half, link, rest];
    const output = { size: 8, sha256: '' };
    const result = airlock.resultOf({ id: ID, status: 'completed', outputs: [output] } as never);
    expect(await (await result.blob()).text()).toBe('halfrest');
    expect(requests.at(-1)!.headers.range).toBe('bytes=4-');
    expect(requests.filter(({ line }) => line.includes('/bytes')).map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      undefined,
    ]);
    script = [
      link,
      (_, response) =>
        response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Too late.</Message></Error>'),
    ];
    const rejected = await result.blob().catch((caught) => caught);
    expect(rejected).toMatchObject({ code: 'download_failed', status: 403, message: 'Too late.' });
    expect(inspect(rejected)).not.toContain('Signature');
  });

  it('throws a JobError with code and advice for a job that failed', () => {
    const job = {
      id: ID,
      status: 'failed',
      error_code: 'unsupported_media',
      error_message: 'No.',
      error_advice: 'Convert it.',
    };
    const attempt = () => airlock.resultOf(job as never);
    expect(attempt).toThrow(JobError);
    expect(attempt).toThrow('No. Convert it.');
  });
});

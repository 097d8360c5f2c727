import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOCUMENT_BYTES, DOCUMENT_WAIT_MS } from '../../src/api/plugins/document-rate.ts';
import { ADDRESS_REQUESTS, MAX_OPEN_BODY_BYTES } from '../../src/contract/limits.ts';
import { makeUploadToken } from '../../src/crypto/api-key.ts';
import { rawConnections } from '../../testkit/raw-connections.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const OPEN_POSTS = ['/v1/session', '/v1/setup', '/oauth/register', '/oauth/token', '/oauth/revoke', '/oauth/authorize'];

describe('routes that need no key', () => {
  let api: TestApi;
  let port: number;
  const connections = rawConnections();
  beforeAll(async () => {
    api = await startApi();
    port = Number(new URL(await api.listen()).port);
  });
  afterAll(async () => {
    connections.close();
    await api?.close();
  });

  const send = (bytes: string, from?: string) => connections.open(port, bytes, from);

  it.each(OPEN_POSTS)('POST %s rejects a body of more than 16 KiB before it reads the body', async (path) => {
    const head = `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n`;
    const { received } = send(`${head}content-length: ${MAX_OPEN_BODY_BYTES + 1}\r\n\r\n`);
    await received('HTTP/1.1 413');
  });

  it('serve a request that expects 100 Continue, with and without a body', async () => {
    const expecting = (request: string, more = '') =>
      `${request} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n${more}\r\n`;
    await send(expecting('GET /livez')).received('{"ok":true}');
    await send(expecting('POST /v1/transcodes', 'content-length: 2\r\n')).received('HTTP/1.1 401');
    const type = 'content-type: application/json\r\n';
    const upload = send(
      expecting('POST /v1/transcodes', `authorization: Bearer ${api.key}\r\n${type}content-length: 2\r\n`),
    );
    await upload.received('100 Continue');
    upload.socket.write('{}');
    await upload.received('HTTP/1.1 400');
  });

  it('send the OpenAPI document compressed and with an entity tag', async () => {
    const plain = await api.app.inject('/openapi.json');
    for (const [encoding, decode] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const headers = { 'accept-encoding': encoding };
      const encoded = await api.app.inject({ url: '/openapi.json', headers });
      expect([encoded.headers['content-encoding'], encoded.headers.vary]).toEqual([encoding, 'accept-encoding']);
      expect(decode(encoded.rawPayload).equals(plain.rawPayload)).toBe(true);
      expect(encoded.rawPayload.length).toBeLessThan(plain.rawPayload.length / 4);
      const tag = String(encoded.headers.etag);
      expect(tag).not.toBe(plain.headers.etag);
      const again = await api.app.inject({
        url: '/openapi.json',
        headers: { ...headers, 'if-none-match': `"x", ${tag}` },
      });
      expect([again.statusCode, again.payload, again.headers.etag]).toEqual([304, '', tag]);
    }
  });

  it('process a bounded number of requests of one address at a time, and requests of other addresses concurrently', async () => {
    const from = '127.0.0.5';
    const head = 'POST /v1/session HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n';
    const waiting = Array.from({ length: ADDRESS_REQUESTS.open }, () => send(head, from));
    const get = 'GET /v1/session HTTP/1.1\r\nhost: a\r\n\r\n';
    await until(async () => (await send(get, from).received('\r\n')).startsWith('HTTP/1.1 429'), { what: 'the limit' });
    await send(get, '127.0.0.6').received('HTTP/1.1 401');
    for (const { socket } of waiting) socket.destroy();
    await until(async () => (await send(get, from).received('\r\n')).startsWith('HTTP/1.1 401'), { what: 'its end' });
  });

  it('delay and then reject documents for an address that has received many bytes, and serve other addresses immediately', async () => {
    const { length } = (await api.app.inject('/openapi.json')).rawPayload;
    const { burst, perMinute } = DOCUMENT_BYTES;
    const perMs = perMinute / 60_000;
    const sent = Math.floor((burst + DOCUMENT_WAIT_MS * perMs) / length);
    const request = (remoteAddress: string, headers = {}) =>
      api.app.inject({ url: '/openapi.json', remoteAddress, headers });
    const from = performance.now();
    let hasEnded = false;
    const flood = Promise.all(Array.from({ length: sent + 40 }, () => request('192.0.2.7'))).finally(() => {
      hasEnded = true;
    });
    const { headers } = await request('192.0.2.8');
    expect((await request('192.0.2.7', { 'if-none-match': headers.etag })).statusCode).toBe(304);
    expect(hasEnded).toBe(false);
    const responses = await flood;
    const rejected = responses.filter(({ statusCode }) => statusCode === 429);
    const delivered = responses.length - rejected.length;
    // The address may receive further bytes while the requests start.
    const most = (burst + (performance.now() - from + DOCUMENT_WAIT_MS) * perMs) / length;
    expect([delivered >= sent, delivered <= most]).toEqual([true, true]);
    expect(performance.now() - from).toBeGreaterThan(DOCUMENT_WAIT_MS / 2);
    expect(rejected[0]!.json()).toMatchObject({ code: 'rate_limit_exceeded', details: { limit: perMinute } });
    expect(rejected[0]!.headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' });
  });

  it('include /favicon.ico, for pages that declare no icon', async () => {
    const icon = await api.app.inject('/favicon.ico');
    expect([icon.statusCode, icon.headers['content-type']]).toEqual([200, 'image/svg+xml']);
    expect(icon.payload).toContain('<svg');
  });
});

describe('an address that sends too many requests', () => {
  it('gets 429 on every route except the liveness check, while other addresses are served', async () => {
    const api = await startApi({ rateLimit: 2 });
    const origin = await api.listen();
    const paths = ['/openapi.json', '/health-check', '/v1/session', '/nowhere', `/${randomBytes(4).toString('hex')}`];
    const requestUntilRejected = openRejected(performance.now());
    for (let count = 0; count < 10; count++) await fetch(`${origin}/openapi.json`);
    for (const path of paths) {
      const response = await requestUntilRejected(origin + path);
      expect(response.headers.get('retry-after')).toMatch(/^[1-6]$/);
      expect(await response.json()).toMatchObject({ code: 'rate_limit_exceeded', details: { limit: 10 } });
    }
    expect((await fetch(`${origin}/livez`)).status).toBe(200);
    await checkPage(origin, requestUntilRejected);
    await api.close();
  });

  type Request = (url: string, options?: RequestInit) => Promise<Response>;

  /**
   * Returns a function that repeats a request until it is rejected, because the limit allows another request every six seconds. All its
   * requests together may get no more responses than the limit allows.
   */
  function openRejected(began: number): Request {
    let served = 0;
    return (url, options) => {
      const request = async () => {
        const response = await fetch(url, options);
        if (response.status === 429) return response;
        await response.body?.cancel();
        served += 1;
        expect(served).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 6_000));
        return null;
      };
      return until(request, { what: `a 429 of ${url}`, everyMs: 1 });
    };
  }

  /** Checks that pages of every site can read the 429 of routes that accept upload tokens, but not the 429 of other routes. */
  async function checkPage(origin: string, requestUntilRejected: Request): Promise<void> {
    const page = { origin: 'https://app.example.com' };
    const token = { authorization: `Bearer ${makeUploadToken().raw}` };
    const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');
    const upload = `${origin}/v1/upload/presigned-url?a=b`;
    const preflight = { ...page, 'access-control-request-method': 'POST' };
    const asked = await fetch(upload, { method: 'OPTIONS', headers: preflight });
    expect([asked.status, allowed(asked), asked.headers.get('access-control-allow-methods')]).toEqual([
      ...[204, '*', 'POST'],
    ]);
    for (const [url, method, headers] of [
      [upload, 'POST', page],
      [upload, 'POST', { ...page, ...token }],
      [upload, 'POST', { ...page, authorization: 'Bearer al_upload_x' }],
      [upload, 'POST', { ...token, origin: 'null' }],
      [`${origin}/playback/expired/master.m3u8`, 'GET', page],
    ] as const) {
      const limited = await requestUntilRejected(url, { method, headers });
      expect([url, allowed(limited)]).toEqual([url, '*']);
      expect(limited.headers.get('access-control-expose-headers')).toContain('retry-after');
      expect(limited.headers.get('access-control-allow-credentials')).toBeNull();
    }
    for (const [url, method, headers] of [
      [upload, 'POST', token],
      [`${origin}/v1/transcodes`, 'POST', { ...page, ...token }],
      [`${origin}/v1/transcodes`, 'OPTIONS', preflight],
    ] as const) {
      const response = await requestUntilRejected(url, { method, headers });
      expect([url, allowed(response)]).toEqual([url, null]);
    }
  }
});

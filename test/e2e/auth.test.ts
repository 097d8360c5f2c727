import { beforeAll, describe, expect, it } from 'vitest';
import { makeApiKey } from '../../src/crypto/api-key.ts';
import { type ApiResponse, shareService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { type RawOptions, rawHttp } from '../helpers/raw-http.ts';

const ID = '0192f3c1-0000-7000-8000-000000000000';
/** Routes that need a key, each with the scope that a 403 names. A key with `transcode` can also read its own jobs. */
const ROUTES = [
  ['POST', '/v1/upload/presigned-url', 'upload'],
  ['POST', '/v1/upload/confirm', 'upload'],
  ['POST', '/v1/transcodes', 'transcode'],
  ['GET', '/v1/transcodes', 'read'],
  ['GET', `/v1/transcodes/${ID}`, 'read'],
  ['GET', `/v1/transcodes/${ID}/download`, 'read'],
  ['PATCH', `/v1/transcodes/${ID}/cancel`, 'transcode'],
  ['DELETE', `/v1/transcodes/${ID}`, 'transcode'],
  ['GET', '/v1/keys', 'admin'],
  ['POST', '/v1/keys', 'admin'],
  ['POST', `/v1/keys/${ID}/rotate`, 'admin'],
  ['DELETE', `/v1/keys/${ID}`, 'admin'],
] as const;

describe('authentication', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await shareService();
  });

  // Failed authentications are limited per address, so each test uses another address.
  let lastAddress = 1;
  const fromNewAddress = () => {
    lastAddress += 1;
    const localAddress = `127.0.0.${lastAddress}`;
    return (path: string, headers: RawOptions['headers'] = {}, method = 'GET') =>
      rawHttp(`${service.api}${path}`, { method, headers, localAddress });
  };
  const makeKey = async (extra: object = {}): Promise<{ id: string; key: string }> =>
    (await service.call('POST', '/v1/keys', { name: 'test', ...extra })).json;
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const withKey = (key: string, method: string, path: string) =>
    service.call(method, path, undefined, { authorization: `Bearer ${key}` });

  /** Returns the parts of a response by which a client could distinguish rejections. */
  function visible(response: ApiResponse) {
    const headers = [...response.headers].filter(
      ([name]) => !['x-request-id', 'date', 'ratelimit-remaining', 'ratelimit-reset'].includes(name),
    );
    return { status: response.status, text: response.text, headers };
  }

  it('rejects missing, malformed, unknown, revoked, expired and disclosed keys, and keys from another address, with the same response', async () => {
    const send = fromNewAddress();
    const revoked = await makeKey();
    await service.call('DELETE', `/v1/keys/${revoked.id}`);
    const distant = await makeKey({ allowed_cidrs: ['10.0.0.0/8'] });
    const expired = await makeKey();
    const database = await openServiceDatabase(service);
    await database.query(`UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`, [expired.id]);
    await database.end();

    const path = '/v1/transcodes';
    const responses = {
      missing: await send(path),
      empty: await send(path, { authorization: '' }),
      scheme: await send(path, { authorization: `Basic ${Buffer.from(`a:${service.key}`).toString('base64')}` }),
      bare: await send(path, { authorization: service.key }),
      malformed: await send(path, bearer('al_live_short')),
      checksum: await send(path, bearer(`${service.key.slice(0, -1)}${service.key.endsWith('A') ? 'B' : 'A'}`)),
      unknown: await send(path, bearer(makeApiKey().raw)),
      revoked: await send(path, bearer(revoked.key)),
      expired: await send(path, bearer(expired.key)),
      distant: await send(path, bearer(distant.key)),
      query: await send(`${path}?api_key=${service.key}`),
      queryBeside: await send(`${path}?key=${service.key}`, bearer(service.key)),
      queryOdd: await send(`${path}?x=${service.key}`, bearer(service.key)),
      queryEncoded: await send(`${path}?x=${service.key.replace('_', '%5f')}`, bearer(service.key)),
    };
    expect(responses.missing).toMatchObject({
      status: 401,
      json: { error: 'unauthorized', code: 'unauthorized', details: null },
    });
    expect(responses.missing.headers.get('www-authenticate')).toBe('Bearer');
    for (const [name, response] of Object.entries(responses)) {
      expect([name, visible(response)]).toEqual([name, visible(responses.missing)]);
    }
    const ids = Object.values(responses).map((response) => response.headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? ''))).toBe(true);
    // A key never reaches the log, regardless of how it was sent.
    for (const { key } of [revoked, distant, expired]) expect(service.output()).not.toContain(key.slice(8));
    expect(service.output()).not.toContain(service.key.slice(8));
  });

  it('requires a key on every route of the API, before the API reads the request', async () => {
    const send = fromNewAddress();
    for (const [method, path] of ROUTES) {
      const response = await send(path, {}, method);
      expect([method, path, response.status, response.json]).toEqual([
        method,
        path,
        401,
        expect.objectContaining({ error: 'unauthorized', code: 'unauthorized', details: null }),
      ]);
    }
  });

  it('accepts the scheme in any case, as RFC 9110 requires', async () => {
    for (const scheme of ['bearer', 'BEARER']) {
      const response = await service.call('GET', '/v1/transcodes', undefined, {
        authorization: `${scheme} ${service.key}`,
      });
      expect(response.status).toBe(200);
    }
  });

  it('allows a key only the operations of its scopes, and names the missing scope', async () => {
    for (const scope of ['transcode', 'upload', 'read', 'admin']) {
      const { key } = await makeKey({ scopes: [scope] });
      for (const [method, path, needed] of ROUTES) {
        const response = await withKey(key, method, path);
        const isOwn = scope === 'transcode' && needed === 'read';
        if (needed === scope || isOwn) {
          expect([method, path, [400, 404, 200].includes(response.status)]).toEqual([method, path, true]);
        } else {
          expect([method, path, response.status, response.json]).toEqual([
            method,
            path,
            403,
            expect.objectContaining({ error: 'forbidden', code: 'forbidden', details: { scope: needed } }),
          ]);
        }
      }
    }
  });

  it('accepts a key with allowed_cidrs only from these addresses', async () => {
    const { key } = await makeKey({ allowed_cidrs: ['127.0.0.200/30', '::1/128'] });
    const statusFrom = async (localAddress: string) =>
      (await rawHttp(`${service.api}/v1/transcodes`, { headers: bearer(key), localAddress })).status;
    expect(await statusFrom('127.0.0.200')).toBe(200);
    expect(await statusFrom('127.0.0.203')).toBe(200);
    expect(await statusFrom('127.0.0.204')).toBe(401);
    expect(await statusFrom('127.0.0.199')).toBe(401);
  });

  it('ignores x-forwarded-for if no proxy is trusted', async () => {
    const { key } = await makeKey({ allowed_cidrs: ['10.9.8.7'] });
    const response = await fromNewAddress()('/v1/transcodes', { ...bearer(key), 'x-forwarded-for': '10.9.8.7' });
    expect(response.status).toBe(401);
  });

  it('rejects every key of a disabled account', async () => {
    const { key } = await service.makeKey('--account', 'closed');
    const database = await openServiceDatabase(service);
    await database.query(`UPDATE accounts SET disabled_at = now() WHERE name = 'closed'`);
    await database.end();
    const response = await withKey(key, 'GET', '/v1/transcodes');
    expect(response).toMatchObject({ status: 403, json: { error: 'Account is disabled', code: 'account_disabled' } });
  });

  it('requires no key for health checks and documents, and every response has an x-request-id', async () => {
    for (const path of ['/health-check', '/livez', '/readyz', '/openapi.json', '/docs', '/nothing']) {
      const response = await fromNewAddress()(path, {});
      expect([path, response.status]).toEqual([
        path,
        path === '/nothing' ? 404 : path === '/docs' ? response.status : 200,
      ]);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('allows no other origins, because the API sends no CORS headers', async () => {
    const get = await service.call('GET', '/v1/transcodes', undefined, { origin: 'https://evil.example' });
    expect([...get.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await rawHttp(`${service.api}/v1/transcodes`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(405);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

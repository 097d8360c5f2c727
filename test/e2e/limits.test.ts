import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiResponse, call } from '../../testkit/service.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { rawHttp } from '../helpers/raw-http.ts';

const LIMIT = 6;

describe('rate limits', () => {
  let api: TestApi;
  /** URL of a listener, because connections are counted per address. */
  let url: string;
  beforeAll(async () => {
    api = await startApi({ rateLimit: LIMIT });
    url = await api.listen();
  });
  afterAll(() => api?.close());

  const list = (key: string) => call(`${url}/v1/transcodes`, 'GET', key);
  const number = (response: ApiResponse, name: string) => Number(response.headers.get(name));

  function expectRejection(response: ApiResponse, limit: number) {
    const seconds = number(response, 'retry-after');
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(response).toMatchObject({
      status: 429,
      json: {
        error: 'rate_limit_exceeded',
        code: 'rate_limit_exceeded',
        details: { limit, retry_after_seconds: seconds },
      },
    });
    expect([number(response, 'ratelimit-limit'), number(response, 'ratelimit-remaining')]).toEqual([limit, 0]);
    expect(response.headers.get('x-request-id')).toBeTruthy();
  }

  it('count down for each key, then reject requests with Retry-After, and do not affect other keys', async () => {
    const account = await api.makeAccount();
    const [key, other] = [await api.makeKey({ account }), await api.makeKey({ account })];
    for (let left = LIMIT - 1; left >= 0; left--) {
      const response = await list(key);
      expect([response.status, number(response, 'ratelimit-limit'), number(response, 'ratelimit-remaining')]).toEqual([
        200,
        LIMIT,
        left,
      ]);
      const reset = number(response, 'ratelimit-reset');
      expect(reset > 0 && reset <= 60).toBe(true);
    }
    expectRejection(await list(key), LIMIT);
    expectRejection(await list(key), LIMIT);
    expect((await list(other)).status).toBe(200);
  });

  it('have the account’s own value if the account has one', async () => {
    const key = await api.makeKey({ account: await api.makeAccount({ requests_per_minute: 2 }) });
    expect([(await list(key)).status, (await list(key)).status]).toEqual([200, 200]);
    expectRejection(await list(key), 2);
  });

  it('stop failed authentication from one address early, and do not affect valid keys from that address', async () => {
    const localAddress = '127.0.0.77';
    const attempt = (authorization: string) =>
      rawHttp(`${url}/v1/transcodes`, { headers: { authorization }, localAddress });
    const key = await api.makeKey({ account: await api.makeAccount() });
    const statuses = [];
    for (let count = 0; count < 20; count++) statuses.push((await attempt(`Bearer guess-${count}`)).status);
    expect(statuses).toEqual(Array(20).fill(401));
    expectRejection(await attempt('Bearer guess-again'), 20);
    expect((await attempt(`Bearer ${key}`)).status).toBe(200);

    const { rows } = await api.database.pg.query(`SELECT ip, actor FROM audit_log WHERE action = 'auth.refused'`);
    expect(rows).toEqual([{ ip: localAddress, actor: 'anonymous' }]);
  });

  it('apply to the requests of one address with any key', async () => {
    const localAddress = '127.0.0.78';
    const root = await api.makeKey({ account: await api.makeAccount() });
    const made = await Promise.all(
      Array.from({ length: 6 }, () => call(`${url}/v1/keys`, 'POST', root, { name: 'one of many' })),
    );
    const keys = made.map((response) => response.json.key as string);
    const statuses = [];
    for (let count = 0; count < 5 * LIMIT; count++) {
      const key = keys[count % keys.length]!;
      const headers = { authorization: `Bearer ${key}` };
      statuses.push((await rawHttp(`${url}/v1/transcodes`, { headers, localAddress })).status);
    }
    expect(statuses).toEqual(Array(5 * LIMIT).fill(200));
    const key = keys[0]!;
    const over = await rawHttp(`${url}/v1/transcodes`, {
      headers: { authorization: `Bearer ${key}` },
      localAddress,
    });
    expectRejection(over, 5 * LIMIT);
  });

  it('never apply to a health check', async () => {
    const responses = await Promise.all(Array.from({ length: 40 }, () => call(`${url}/livez`, 'GET', null)));
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]));
    expect(responses[0]!.headers.has('ratelimit-limit')).toBe(false);
  });
});

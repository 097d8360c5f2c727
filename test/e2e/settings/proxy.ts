import { expect, it } from 'vitest';
import type { TestService } from '../../../testkit/service.ts';
import { rawHttp } from '../../helpers/raw-http.ts';
import { OTHER_STORAGE } from '../../helpers/storage.ts';

const YEAR = 31_536_000;

/** Tests a service with AIRLOCK_TRUST_PROXY=127.0.0.1/32, behind a proxy that terminates HTTPS. */
export const proxy = (given: () => TestService) => () => {
  const list = (headers: Record<string, string>, localAddress = '127.0.0.1', key = given().key) =>
    rawHttp(`${given().api}/v1/transcodes`, { headers: { authorization: `Bearer ${key}`, ...headers }, localAddress });

  it('rejects requests that reached the proxy over plain HTTP', async () => {
    for (const proto of ['http', 'HTTP', 'https, http', 'https,', 'ws', '']) {
      const response = await list({ 'x-forwarded-proto': proto });
      expect([proto, response.status, response.json.error, response.json.code]).toEqual([
        proto,
        403,
        'HTTPS is required',
        'https_required',
      ]);
    }
    // The rejection also applies where no key is required, and on the storage.
    const health = await rawHttp(`${given().api}/health-check`, { headers: { 'x-forwarded-proto': 'http' } });
    expect(health.status).toBe(403);
    if (OTHER_STORAGE) return;
    const storage = await rawHttp(`${given().storage}/airlock/x`, { headers: { 'x-forwarded-proto': 'http' } });
    expect(storage.status).toBe(403);
  });

  it('accepts requests that reached the proxy over HTTPS, and instructs browsers to keep using HTTPS', async () => {
    for (const proto of ['https', 'HTTPS', 'http, https']) {
      const response = await list({ 'x-forwarded-proto': proto });
      expect([proto, response.status]).toEqual([proto, 200]);
      expect(response.headers.get('strict-transport-security')).toContain(`max-age=${YEAR}`);
    }
  });

  it('trusts the client address that the proxy reports, but not an address that another sender reports', async () => {
    const made = await given().call('POST', '/v1/keys', { name: 'far', allowed_cidrs: ['203.0.113.0/24'] });
    const { key } = made.json;
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
    expect((await list(forwarded, '127.0.0.1', key)).status).toBe(200);
    expect((await list({ ...forwarded, 'x-forwarded-for': '198.51.100.1' }, '127.0.0.1', key)).status).toBe(401);
    expect(
      (await list({ ...forwarded, 'x-forwarded-for': '203.0.113.9, 198.51.100.1' }, '127.0.0.1', key)).status,
    ).toBe(401);
    expect((await list(forwarded, '127.0.0.9', key)).status).toBe(401);
  });
};

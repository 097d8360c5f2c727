import { describe, expect, it } from 'vitest';
import { checkUploads } from './doctor-uploads.ts';

const ORIGIN = 'https://app.example.com';
const store = {
  presignPut: async () => ({
    method: 'PUT' as const,
    url: 'https://bucket.example/uploads/doctor?X-Amz-Signature=0f',
    headers: { 'content-type': 'video/mp4', 'content-length': '1' },
  }),
};
const ALLOWED = {
  'access-control-allow-origin': ORIGIN,
  'access-control-allow-methods': 'PUT',
  'access-control-allow-headers': 'content-type',
};

/** Simulates a bucket that responds with these headers, and records the headers of the requests. */
function bucket(headers: Record<string, string>, status = 200) {
  const asked: Headers[] = [];
  const send = async (_: unknown, init?: RequestInit) => {
    asked.push(new Headers(init?.headers));
    return new Response(null, { status, headers });
  };
  return { asked, check: (origins = [ORIGIN]) => checkUploads(store, origins, send as typeof fetch) };
}

describe('the check of CORS rules', () => {
  it('sends the preflight request that a browser sends before an upload, and accepts a bucket that allows it', async () => {
    const { asked, check } = bucket({ ...ALLOWED, 'access-control-expose-headers': 'ETag' });
    expect(await check()).toBe(`allowed for ${ORIGIN}`);
    expect(Object.fromEntries(asked[0]!)).toEqual({
      ...{ origin: ORIGIN, 'access-control-request-method': 'PUT' },
      'access-control-request-headers': 'content-type',
    });
  });

  it.each([
    ['responded with 403', {}, 403],
    ['the origin is not allowed', {}, 200],
    ['the origin is not allowed', { ...ALLOWED, 'access-control-allow-origin': 'https://other.example' }, 200],
    ['PUT is not allowed', { ...ALLOWED, 'access-control-allow-methods': 'GET, HEAD' }, 200],
    ['the header content-type is not allowed', { ...ALLOWED, 'access-control-allow-headers': 'range' }, 200],
    ['ETag is not exposed', { ...ALLOWED, 'access-control-expose-headers': 'content-length' }, 200],
  ])('reports the problem of a bucket: %s', async (problem, headers, status) => {
    expect(await bucket(headers, status).check()).toMatchObject({
      ...{ state: 'warning', seen: `storage does not allow uploads from ${ORIGIN} (${problem})` },
    });
  });

  it('sends no request if no origin is known', async () => {
    const { asked, check } = bucket({});
    expect(await check([])).toMatch(/AIRLOCK_PUBLIC_URL is not set/);
    expect(asked).toEqual([]);
  });
});

import { AwsV4Signer } from 'aws4fetch';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Addressing } from './addressing.ts';
import { attachment } from './content-disposition.ts';
import { s3Signer } from './signer.ts';

const AT = new Date('2026-11-24T10:11:12Z');
const keys = { accessKeyId: 'ASIAKID', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

const character = fc.constantFrom(..."abc/09-._~!'()*+ %&=?#é🎬");
const key = fc
  .string({ unit: character, minLength: 1, maxLength: 20 })
  .filter((value) => !value.startsWith('/') && value.split('/').every((part) => part !== '.' && part !== '..'));
/** A session token in base64, whose special characters a query must encode. */
const token = fc.option(fc.base64String({ minLength: 4, maxLength: 200 }), { nil: undefined });
const addressing = fc.constantFrom<Addressing>('path', 'virtual');

function signer(sessionToken: string | undefined, style: Addressing) {
  const endpoint = 'https://s3.eu-west-1.amazonaws.com';
  const credentials = { ...keys, ...(sessionToken && { sessionToken }) };
  const location = { endpoint, publicEndpoint: endpoint, bucket: 'media', region: 'eu-west-1' };
  return s3Signer({ ...location, credentials: async () => credentials, addressing: style });
}

/** Returns the sorted parameters of the URL that aws4fetch signs. */
async function reference(request: { method: string; url: string; headers?: Record<string, string>; token?: string }) {
  const { url } = await new AwsV4Signer({
    ...{ ...keys, service: 's3', region: 'eu-west-1', datetime: '20261124T101112Z', signQuery: true, allHeaders: true },
    ...{ method: request.method, url: request.url, ...(request.token && { sessionToken: request.token }) },
    ...(request.headers && { headers: request.headers }),
  }).sign();
  return [...url.searchParams].sort();
}

function bare(url: string, ...names: string[]): string {
  const shown = new URL(url);
  const kept = [...shown.searchParams].filter(([name]) => names.includes(name));
  shown.search = new URLSearchParams(kept).toString();
  return shown.href;
}

describe('the signer for S3', () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: AT }));
  afterAll(() => void vi.useRealTimers());

  it('signs the same URLs as aws4fetch, with and without a session token, in both styles', async () => {
    await fc.assert(
      fc.asyncProperty(key, token, addressing, async (name, sessionToken, style) => {
        const url = await signer(sessionToken, style).presignGet(name, {
          ...{ filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 600 },
        });
        const kept = bare(url, 'X-Amz-Expires', 'response-content-disposition', 'response-content-type');
        const expected = await reference({ method: 'GET', url: kept, ...(sessionToken && { token: sessionToken }) });
        expect([...new URL(url).searchParams].sort()).toEqual(expected);
        expect(new URL(url).searchParams.get('response-content-disposition')).toBe(attachment('a.mp4'));
      }),
      { numRuns: 50 },
    );
  });

  it('signs the same upload URLs as aws4fetch, including their headers', async () => {
    await fc.assert(
      fc.asyncProperty(key, token, addressing, fc.nat(), async (name, sessionToken, style, size) => {
        const put = await signer(sessionToken, style).presignPut(name, {
          ...{ contentType: 'video/mp4', size, expiresIn: 900 },
        });
        const expected = await reference({
          ...{ method: 'PUT', url: bare(put.url, 'X-Amz-Expires'), headers: put.headers },
          ...(sessionToken && { token: sessionToken }),
        });
        expect([...new URL(put.url).searchParams].sort()).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('names the bucket in the path or in the host', async () => {
    const get = { filename: 'a', contentType: 'video/mp4', expiresIn: 600 };
    const path = await signer(undefined, 'path').presignGet('a/b c', get);
    expect(path).toMatch(/^https:\/\/s3\.eu-west-1\.amazonaws\.com\/media\/a\/b%20c\?/);
    const virtual = await signer(undefined, 'virtual').presignGet('a/b c', get);
    expect(virtual).toMatch(/^https:\/\/media\.s3\.eu-west-1\.amazonaws\.com\/a\/b%20c\?/);
  });

  it('sends the session token of Airlock’s own requests in a signed header', async () => {
    const { url, headers } = await signer('t/o+k=', 'virtual').request({ method: 'HEAD', key: '' });
    expect(url).toBe('https://media.s3.eu-west-1.amazonaws.com/');
    const signed = await new AwsV4Signer({
      ...{ ...keys, sessionToken: 't/o+k=', service: 's3', region: 'eu-west-1', datetime: '20261124T101112Z' },
      ...{ method: 'HEAD', url, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    }).sign();
    expect(headers.authorization).toBe(signed.headers.get('authorization'));
    expect(headers['x-amz-security-token']).toBe('t/o+k=');
  });
});

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { Storage } from '@google-cloud/storage';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keyProblem } from '../keys.ts';
import { attachment } from '../s3/content-disposition.ts';
import { keyCredentials } from './credentials.ts';
import { gcsSigner } from './signer.ts';

const email = 'airlock@project.iam.gserviceaccount.com';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const at = new Date('2026-11-26T01:02:03Z');

const google = new Storage({ credentials: { client_email: email, private_key: pem }, projectId: 'p' }).bucket('media');
const ours = gcsSigner({
  endpoint: 'https://storage.googleapis.com',
  publicEndpoint: 'https://storage.googleapis.com',
  bucket: 'media',
  credentials: keyCredentials({ email, pem, keyId: null, privateKey: createPrivateKey(pem) }),
  now: () => at.getTime(),
});

/** Characters that signers often encode incorrectly: reserved, escaped, spaces, non-ASCII, astral. */
const character = fc.oneof(
  fc.constantFrom(...'abc/09-._~!\'()*+ %&=?#:;,@$[]\\"<>'),
  fc.constantFrom('é', 'e\u0301', '中', '🎬', 'ש'),
);
const text = fc.string({ unit: character, maxLength: 30 });
const key = text.filter((value) => keyProblem(value) === null);
const seconds = fc.integer({ min: 1, max: 604_800 });
const type = fc.constantFrom('video/mp4', 'audio/x-wav', 'text/vtt', 'application/x-subrip');

function expiry(expiresIn: number) {
  return { version: 'v4', accessibleAt: at, expires: new Date(at.getTime() + expiresIn * 1000) } as const;
}

describe('signed URLs', () => {
  // Google's library rejects an expiry in the past.
  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: at }));
  afterAll(() => void vi.useRealTimers());

  it('signed URLs for downloads equal the URLs of Google’s library, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(key, text, type, seconds, async (name, filename, contentType, expiresIn) => {
        const url = await ours.presignGet(name, { filename, contentType, expiresIn });
        const [expected] = await google.file(name).getSignedUrl({
          ...expiry(expiresIn),
          action: 'read',
          responseDisposition: attachment(filename),
          responseType: contentType,
        });
        expect(url).toBe(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('signed URLs for uploads and parts equal the URLs of Google’s library, byte for byte', async () => {
    const part = fc.option(fc.record({ partNumber: fc.integer({ min: 1, max: 10_000 }).map(String), uploadId: text }));
    await fc.assert(
      fc.asyncProperty(key, type, fc.nat(), seconds, part, async (name, contentType, size, expiresIn, query) => {
        const put = await ours.presignPut(name, {
          ...{ size, expiresIn },
          ...(query ? { query } : { contentType }),
        });
        const [expected] = await google.file(name).getSignedUrl({
          ...expiry(expiresIn),
          action: 'write',
          extensionHeaders: { 'x-goog-content-length-range': `${size},${size}` },
          ...(query ? { queryParams: query } : { contentType }),
        });
        expect(put.url).toBe(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('expire after the requested ten minutes, and name the headers that the client must send', async () => {
    const url = await ours.presignGet('a/b.mp4', { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 600 });
    expect(url).toContain('X-Goog-Algorithm=GOOG4-RSA-SHA256&');
    expect(url).toContain('&X-Goog-Date=20261126T010203Z&X-Goog-Expires=600&X-Goog-SignedHeaders=host&');
    const put = await ours.presignPut('a', { contentType: 'video/mp4', size: 5, expiresIn: 900 });
    expect(put.headers).toEqual({
      'content-type': 'video/mp4',
      'content-length': '5',
      'x-goog-content-length-range': '5,5',
    });
    expect(put.url).toContain('X-Goog-SignedHeaders=content-type%3Bhost%3Bx-goog-content-length-range&');
  });
});

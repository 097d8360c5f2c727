import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../../test/conformance/embedded-gateway.ts';
import { until } from '../../testkit/until.ts';
import { parseStoredLine, STORED } from '../storage/embedded/stored-feed.ts';
import type { StoredUpload } from '../storage/types.ts';

describe('the report of stored uploads', () => {
  let gateway: EmbeddedGateway;
  beforeAll(async () => {
    gateway = await startEmbeddedGateway();
  });
  afterAll(() => gateway?.close());

  async function follow(from = gateway) {
    const reported: StoredUpload[] = [];
    const stop = new AbortController();
    const { followStored } = await from.store.capabilities();
    let ended: Promise<void> | undefined;
    await new Promise<void>((resolve) => {
      ended = followStored!({ onOpen: resolve, onStored: (stored) => reported.push(stored) }, stop.signal);
    });
    return { reported, stop: () => stop.abort(), ended: ended! };
  }

  const put = async (key: string) => {
    const { url, headers } = await gateway.store.presignPut(key, { contentType: 'video/mp4', size: 3, expiresIn: 60 });
    const { 'content-length': _, ...sent } = headers;
    return (await fetch(url, { method: 'PUT', headers: sent, body: 'abc' })).status;
  };
  const putPart = async (key: string, uploadId: string, partNumber: number) => {
    const { url } = await gateway.store.presignPart(key, { uploadId, partNumber, size: 3, expiresIn: 60 });
    return (await fetch(url, { method: 'PUT', body: 'abc' })).status;
  };

  it('contains each upload once its bytes are stored, and the number of stored parts of an upload in parts', async () => {
    const { reported, stop, ended } = await follow();
    expect(await put('uploads/a/1')).toBe(200);
    const id = await gateway.store.createMultipart('sealed/a/2', { contentType: 'video/mp4' });
    for (const number of [2, 1, 1]) expect(await putPart('sealed/a/2', id, number)).toBe(200);
    await until(() => reported.length === 4, { what: 'four reports' });
    expect(reported).toEqual([
      { key: 'uploads/a/1', parts: 0 },
      ...[1, 2, 2].map((parts) => ({ key: 'sealed/a/2', parts })),
    ]);
    stop();
    await ended;
  });

  it('does not contain outputs', async () => {
    const { reported, stop, ended } = await follow();
    expect(await put('outputs/a/b/c.mp4')).toBe(200);
    expect(await put('uploads/a/after')).toBe(200);
    await until(() => reported.length > 0, { what: 'a report' });
    expect(reported).toEqual([{ key: 'uploads/a/after', parts: 0 }]);
    stop();
    await ended;
  });

  it('ends when the gateway stops', async () => {
    const other = await startEmbeddedGateway();
    const { ended } = await follow(other);
    await other.close();
    await expect(ended).resolves.toBeUndefined();
  });

  it('is rejected for a signed URL, and for a request without a signature', async () => {
    const { url } = await gateway.store.presignPut('uploads/a/url', {
      contentType: 'video/mp4',
      size: 3,
      expiresIn: 60,
    });
    const bucket = new URL(url);
    bucket.pathname = `/${gateway.store.bucket}/`;
    bucket.searchParams.set(STORED, '');
    const unsigned = new URL(`${gateway.endpoint}/${gateway.store.bucket}/?${STORED}=`);
    for (const target of [bucket, unsigned]) {
      const response = await fetch(target);
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('<Error>')]);
    }
    // A URL that is signed for the bucket and this parameter does not grant an internal role.
    const { s3Signer } = await import('../storage/s3/signer.ts');
    const signer = s3Signer({
      endpoint: gateway.endpoint,
      publicEndpoint: gateway.endpoint,
      bucket: gateway.store.bucket,
      region: REGION,
      credentials: CREDENTIAL,
    });
    const signed = new URL(await signer.presignGet('', { filename: 'x', contentType: 'text/plain', expiresIn: 60 }));
    expect((await fetch(signed)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('a line of the report', () => {
  it.each(['', 'uploads/a/1', 'uploads/a/1 x', 'uploads/a/1 -1', 'outputs/a/1 0', 'uploads/a/1 0 0', '/etc/passwd 0'])(
    'a line of the report that is "%s" reports no upload',
    (line) => {
      expect(parseStoredLine(line)).toBeNull();
    },
  );
});

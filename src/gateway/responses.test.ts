import { writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET, type EmbeddedGateway, startEmbeddedGateway } from '../../test/conformance/embedded-gateway.ts';
import { presigned, signedHeaders } from '../../test/conformance/raw-client.ts';

let gateway: EmbeddedGateway;

beforeAll(async () => {
  gateway = await startEmbeddedGateway();
  const path = join(gateway.root, 'ten-bytes');
  await writeFile(path, '0123456789');
  await gateway.store.putFile('ten', path, { contentType: 'text/html', size: 10 });
});
afterAll(() => gateway.close());

const get = (query = ''): Promise<string> => presigned('GET', gateway.endpoint, `ten?X-Amz-Expires=60${query}`);

describe('every response of the gateway', () => {
  it('forbids sniffing, rendering and caching, even if it reports an error or health', async () => {
    const urls = [
      await get(),
      `${gateway.endpoint}/${BUCKET}/unsigned`,
      `${gateway.endpoint}/-/healthy`,
      `${gateway.endpoint}/%`,
    ];
    for (const url of urls) {
      const { headers } = await fetch(url);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      expect(headers.get('content-disposition')).toMatch(/^attachment/);
      expect(headers.get('cache-control')).toBe('private, no-store');
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('strict-transport-security')).toBeNull();
    }
  });

  it('to a download has a media type or application/octet-stream, and never a type that a browser executes', async () => {
    expect((await fetch(await get())).headers.get('content-type')).toBe('application/octet-stream');
    const types: [string, string][] = [
      ['video/mp4', 'video/mp4'],
      ['image/gif', 'image/gif'],
      ['text/html', 'application/octet-stream'],
      ['image/svg+xml', 'application/octet-stream'],
      ['text/xml', 'application/octet-stream'],
      ['video/mp4\r\nx-injected: 1', 'application/octet-stream'],
    ];
    for (const [requested, returned] of types) {
      const response = await fetch(await get(`&response-content-type=${encodeURIComponent(requested)}`));
      expect(response.headers.get('content-type'), requested).toBe(returned);
      expect(response.headers.get('x-injected')).toBeNull();
    }
    for (const wanted of [
      'inline',
      'inline; filename="x.html"',
      'attachmentx',
      'attachment; filename="a\r\nb"',
      'attachment; ü',
    ]) {
      const response = await fetch(await get(`&response-content-disposition=${encodeURIComponent(wanted)}`));
      expect(response.headers.get('content-disposition'), wanted).toBe('attachment');
    }
    expect((await fetch(await get('&response-cache-control=public'))).status).toBe(501);
  });

  it('to a failed request contains an XML document that describes the error and escapes the resource', async () => {
    const response = await fetch(`${gateway.endpoint}/${BUCKET}/%3Cscript%3E%26?X-Amz-Signature=xyz`);
    const xml = await response.text();
    expect(xml).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error><Code>\w+<\/Code><Message>.+<\/Error>$/);
    expect(xml).toContain(`<Resource>/${BUCKET}/%3Cscript%3E%26</Resource>`);
    expect(xml).toContain(`<RequestId>${response.headers.get('x-amz-request-id')}</RequestId>`);
    expect(xml).not.toContain('xyz');
  });
});

describe('ranges and conditions', () => {
  it('follow RFC 9110', async () => {
    const url = await get();
    const cases: [string, number, string, string | null][] = [
      ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=-2', 206, '89', 'bytes 8-9/10'],
      ['bytes=-20', 206, '0123456789', 'bytes 0-9/10'],
      ['bytes=5-1', 200, '0123456789', null],
      ['bytes=0-1,3-4', 200, '0123456789', null],
      ['lines=1-2', 200, '0123456789', null],
      ['bytes=-', 200, '0123456789', null],
    ];
    for (const [range, status, body, contentRange] of cases) {
      const response = await fetch(url, { headers: { range } });
      expect(response.status, range).toBe(status);
      expect(response.headers.get('content-range'), range).toBe(contentRange);
      expect(await response.text(), range).toBe(body);
    }
    for (const range of ['bytes=10-', 'bytes=-0', 'bytes=99-100']) {
      const response = await fetch(url, { headers: { range } });
      expect(response.status, range).toBe(416);
      expect(response.headers.get('content-range')).toBe('bytes */10');
    }
  });

  it('depend on the entity tag of the object', async () => {
    const url = await get();
    const etag = (await fetch(url)).headers.get('etag')!;
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await fetch(url, { headers: { 'if-match': '"other"' } })).status).toBe(412);
    expect((await fetch(url, { headers: { 'if-range': '"other"', range: 'bytes=0-0' } })).status).toBe(200);
    expect((await fetch(url, { headers: { 'if-range': etag, range: 'bytes=0-0' } })).status).toBe(206);
  });
});

describe('browsers', () => {
  it('may send requests to a signed URL from any origin, and read the headers they need', async () => {
    const { url } = await gateway.store.presignPut('from-browser', {
      contentType: 'video/mp4',
      size: 1,
      expiresIn: 60,
    });
    const origin = { origin: 'https://app.example' };
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type, range');
    const put = await fetch(url, { method: 'PUT', headers: { ...origin, 'content-type': 'video/mp4' }, body: 'x' });
    expect(put.status).toBe(200);
    expect(put.headers.get('access-control-allow-origin')).toBe('*');
    const rejected = await fetch(url, {
      method: 'PUT',
      headers: { ...origin, 'content-type': 'video/mp4' },
      body: 'xx',
    });
    expect(rejected.headers.get('access-control-allow-origin')).toBe('*');
    const read = await fetch(await get(), { headers: origin });
    expect(read.headers.get('access-control-expose-headers')).toMatch(/content-range.*etag/);
  });

  it('may read why a URL without a valid signature is rejected, but no other response without a signed URL', async () => {
    const url = `${gateway.endpoint}/${BUCKET}/ten`;
    const origin = { origin: 'https://app.example' };
    const asked = { ...origin, 'access-control-request-method': 'PUT' };
    const preflight = await fetch(url, { method: 'OPTIONS', headers: asked });
    expect((await fetch(url, { method: 'OPTIONS', headers: origin })).status).toBe(403);
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'content-type, range',
    ]);
    for (const [method, target] of [
      ['GET', url],
      ['PUT', url],
      ['PUT', `${url}?X-Amz-Signatur=00`],
      ['GET', `${gateway.endpoint}/nowhere`],
    ] as const) {
      const rejected = await fetch(target, { method, headers: origin, ...(method === 'PUT' && { body: 'x' }) });
      expect([target, rejected.status >= 400]).toEqual([target, true]);
      expect(rejected.headers.get('access-control-allow-origin')).toBe('*');
      expect(rejected.headers.get('access-control-allow-credentials')).toBeNull();
    }
    const signed = await fetch(url, { headers: { ...(await signedHeaders('GET', url)), ...origin } });
    expect(signed.status).toBe(200);
    expect(signed.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('lists of objects', () => {
  it('support a page size, a start key and a continuation token, and reject other parameters', async () => {
    const path = join(gateway.root, 'ten-bytes');
    for (const key of ['l/a', 'l/b', 'l/c'])
      await gateway.store.putFile(key, path, { contentType: 'video/mp4', size: 10 });
    const list = async (query: string): Promise<string> => {
      const url = `${gateway.endpoint}/${BUCKET}?${query}`;
      return (await fetch(url, { headers: await signedHeaders('GET', url) })).text();
    };
    const keys = (xml: string): string[] => [...xml.matchAll(/<Key>([^<]*)/g)].map(([, key]) => key!);
    const first = await list('list-type=2&prefix=l/&max-keys=2');
    expect(keys(first)).toEqual(['l/a', 'l/b']);
    const token = /<NextContinuationToken>([^<]+)/.exec(first)![1]!;
    const second = await list(`list-type=2&prefix=l/&max-keys=2&continuation-token=${token}`);
    expect(keys(second)).toEqual(['l/c']);
    expect(second).toContain('<IsTruncated>false</IsTruncated>');
    expect(keys(await list('list-type=2&prefix=l/&start-after=l/b'))).toEqual(['l/c']);
    expect(keys(await list('list-type=2&max-keys=0'))).toEqual([]);
    for (const query of [
      'prefix=l/',
      'list-type=2&delimiter=/',
      'list-type=2&max-keys=-1',
      'list-type=2&continuation-token=*',
      'versions',
    ]) {
      expect(await list(query), query).toContain('<Error>');
    }
  });
});

describe('a gateway with HTTPS', () => {
  it('serves a custom certificate, requires TLS 1.2, and sends HSTS', async () => {
    const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    const secure = await startEmbeddedGateway({ tls: { cert: pems.cert, key: pems.private } }, { ca: pems.cert });
    try {
      const path = join(secure.root, 'x');
      await writeFile(path, 'x');
      await secure.store.putFile('x', path, { contentType: 'video/mp4', size: 1 });
      expect(await secure.store.head('x')).toMatchObject({ size: 1 });
      const options = { host: '127.0.0.1', port: secure.port, path: '/-/healthy', ca: pems.cert };
      const hsts = await new Promise((resolve, reject) => {
        httpsRequest(options, (response) => resolve(response.resume().headers['strict-transport-security']))
          .once('error', reject)
          .end();
      });
      expect(hsts).toMatch(/^max-age=\d{8}/);
      const old = new Promise((resolve, reject) => {
        httpsRequest({ ...options, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }, resolve)
          .once('error', reject)
          .end();
      });
      await expect(old).rejects.toThrow();
      const stranger = await startEmbeddedGateway({ tls: { cert: pems.cert, key: pems.private } });
      await expect(stranger.store.ping()).rejects.toMatchObject({ name: 'StorageError', retry: false });
      await stranger.close();
    } finally {
      await secure.close();
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUCKET,
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../../test/conformance/embedded-gateway.ts';
import { presigned, rawRequest, signedHeaders } from '../../test/conformance/raw-client.ts';
import { canonicalQuery, credentialScope, type Pair, sign, UNSIGNED_PAYLOAD } from '../storage/s3/sigv4.ts';

const TYPE = { 'content-type': 'video/mp4' };
let gateway: EmbeddedGateway;

beforeAll(async () => {
  gateway = await startEmbeddedGateway({
    credentials: [{ accessKeyId: 'older', secretAccessKey: 'rotated away soon' }, CREDENTIAL],
  });
});
afterAll(() => gateway.close());

async function put(key: string, body: string): Promise<void> {
  const { url } = await gateway.store.presignPut(key, { contentType: 'video/mp4', size: body.length, expiresIn: 60 });
  expect((await fetch(url, { method: 'PUT', headers: TYPE, body })).status).toBe(200);
}

async function code(response: Response): Promise<string | undefined> {
  return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
}

describe('signed URLs', () => {
  it('are invalid if any parameter, the key, the bucket or the signature is altered', async () => {
    await put('guarded', 'secret');
    await put('other', 'secret of another');
    const url = await gateway.store.presignGet('guarded', {
      filename: 'a.mp4',
      contentType: 'video/mp4',
      expiresIn: 600,
    });
    expect((await fetch(url)).status).toBe(200);
    const parameters = [...new URL(url).searchParams.keys()];
    expect(parameters).toHaveLength(8);
    for (const name of parameters) {
      const value = new URL(url).searchParams.get(name)!;
      const variants = [`${value}0`, value.slice(0, -1), value.toUpperCase(), ''].filter((each) => each !== value);
      for (const variant of variants) {
        const altered = new URL(url);
        altered.searchParams.set(name, variant);
        const response = await fetch(altered);
        expect(response.status, `${name}=${variant}`).toBe(403);
        expect(await response.text()).not.toContain('secret');
      }
      const without = new URL(url);
      without.searchParams.delete(name);
      expect((await fetch(without)).status, `without ${name}`).toBe(403);
    }
    const flipped = url.replace(/Signature=(.)/, (_, digit) => `Signature=${digit === '0' ? '1' : '0'}`);
    expect(await code(await fetch(flipped))).toBe('SignatureDoesNotMatch');
    for (const path of [
      `/${BUCKET}/other`,
      `/${BUCKET}/`,
      `/${BUCKET}/guarded/`,
      '/bucket/guarded',
      `/${BUCKET}//guarded`,
    ]) {
      expect((await fetch(url.replace(`/${BUCKET}/guarded`, path))).status, path).toBe(403);
    }
    expect((await fetch(`${url}&extra=1`)).status).toBe(403);
  });

  it('signed URLs for GET also allow HEAD, but URLs for HEAD do not allow GET, and URLs for PUT do not allow HEAD', async () => {
    await put('asked-about', 'secret');
    const link = { filename: 'a', contentType: 'video/mp4', expiresIn: 600 };
    const url = await gateway.store.presignGet('asked-about', link);
    const [head, get] = [await fetch(url, { method: 'HEAD' }), await fetch(url)];
    expect([head.status, await head.text(), await get.text()]).toEqual([200, '', 'secret']);
    for (const name of ['content-length', 'content-type', 'content-disposition', 'etag', 'accept-ranges']) {
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    }
    const ranged = await fetch(url, { method: 'HEAD', headers: { range: 'bytes=1-2' } });
    expect([ranged.status, ranged.headers.get('content-range')]).toEqual([206, 'bytes 1-2/6']);
    const altered = url.replace(/Signature=(.)/, (_, digit) => `Signature=${digit === '0' ? '1' : '0'}`);
    expect((await fetch(altered, { method: 'HEAD' })).status).toBe(403);

    const forHead = await presigned('HEAD', gateway.endpoint, 'asked-about?X-Amz-Expires=600');
    expect((await fetch(forHead)).status).toBe(403);
    const { url: forPut } = await gateway.store.presignPut('asked-about', {
      contentType: 'video/mp4',
      size: 6,
      expiresIn: 60,
    });
    expect((await fetch(forPut, { method: 'HEAD', headers: TYPE })).status).toBe(403);
    const signed = await signedHeaders('GET', `${gateway.endpoint}/${BUCKET}/asked-about`);
    const own = await fetch(`${gateway.endpoint}/${BUCKET}/asked-about`, { method: 'HEAD', headers: signed });
    expect(own.status).toBe(403);
  });

  it('for GET do not allow PUT, DELETE, POST or PATCH', async () => {
    await put('one-method', 'x');
    const url = await gateway.store.presignGet('one-method', {
      filename: 'a',
      contentType: 'video/mp4',
      expiresIn: 600,
    });
    for (const method of ['PUT', 'DELETE', 'POST', 'PATCH']) {
      expect((await fetch(url, { method })).status, method).toBe(403);
    }
    expect(await gateway.store.head('one-method')).not.toBeNull();
  });

  it('are rejected with a repeated parameter, in upper or lower case and in either order', async () => {
    await put('twice', 'x');
    const url = await gateway.store.presignGet('twice', { filename: 'a', contentType: 'video/mp4', expiresIn: 600 });
    for (const extra of [
      'X-Amz-Expires=604800',
      'x-amz-expires=604800',
      'X-Amz-Signature=00',
      'response-content-type=text/html',
    ]) {
      expect((await fetch(`${url}&${extra}`)).status, extra).toBe(400);
      expect((await fetch(url.replace('?', `?${extra}&`))).status, extra).toBe(400);
    }
  });

  it('are reported as expired even if the signature is wrong, and are valid for a week at most', async () => {
    await put('expiry', 'x');
    const url = await presigned('GET', gateway.endpoint, 'expiry?X-Amz-Expires=60');
    gateway.advance(60_000);
    const broken = url.replace(/Signature=..../, 'Signature=0000');
    for (const each of [url, broken]) {
      const text = await (await fetch(each)).text();
      expect(text).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>');
    }
    gateway.advance(-60_000);
    for (const expires of ['0', '-1', '604801', '1e3', '', ' 60', '99999999999']) {
      const odd = await presigned('GET', gateway.endpoint, `expiry?X-Amz-Expires=${encodeURIComponent(expires)}`);
      expect((await fetch(odd)).status, expires).toBe(403);
    }
    const week = await presigned('GET', gateway.endpoint, 'expiry?X-Amz-Expires=604800');
    expect((await fetch(week)).status).toBe(200);
  });

  it('are not valid before their date', async () => {
    const url = await presigned('GET', gateway.endpoint, 'expiry', {}, { datetime: '20990101T000000Z' });
    expect(await (await fetch(url)).text()).toContain('not valid yet');
  });

  it('must name the configured region, the service s3 and a known key, which may be any key of a rotation', async () => {
    await put('scope', 'x');
    const changes: [object, number][] = [
      [{}, 200],
      [{ accessKeyId: 'older', secretAccessKey: 'rotated away soon' }, 200],
      [{ accessKeyId: 'older' }, 403],
      [{ accessKeyId: 'unknown' }, 403],
      [{ region: 'elsewhere' }, 403],
      [{ service: 'sqs' }, 403],
    ];
    for (const [change, status] of changes) {
      const url = await presigned('GET', gateway.endpoint, 'scope?X-Amz-Expires=60', {}, change);
      expect((await fetch(url)).status, JSON.stringify(change)).toBe(status);
    }
  });

  it('must sign the header host, and are valid only for this host', async () => {
    const url = await presigned('GET', gateway.endpoint, 'scope?X-Amz-Expires=60');
    const { pathname, search } = new URL(url);
    expect(await rawRequest(gateway.port, `GET ${pathname}${search} HTTP/1.1\r\nhost: evil.example`)).toMatch(
      /^HTTP\/1\.1 403/,
    );

    const timestamp = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '');
    const query: Pair[] = [
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
      ['X-Amz-Credential', `${CREDENTIAL.accessKeyId}/${credentialScope(timestamp, REGION)}`],
      ['X-Amz-Date', timestamp],
      ['X-Amz-Expires', '60'],
      ['X-Amz-SignedHeaders', 'accept'],
    ];
    const request = { method: 'GET', path: `/${BUCKET}/scope`, query, headers: [['accept', '*/*']] as Pair[] };
    const signature = sign(
      { ...request, payloadHash: UNSIGNED_PAYLOAD },
      timestamp,
      REGION,
      CREDENTIAL.secretAccessKey,
    );
    const hostless = `${gateway.endpoint}${request.path}?${canonicalQuery([...query, ['X-Amz-Signature', signature]])}`;
    const response = await fetch(hostless, { headers: { accept: '*/*' } });
    expect(await response.text()).toContain('The header host must be signed.');
    expect(response.status).toBe(403);
  });

  it('signed URLs for PUT must sign length and type', async () => {
    for (const headers of [{}, TYPE, { 'content-length': '1' }] as Record<string, string>[]) {
      const url = await presigned('PUT', gateway.endpoint, 'unbound?X-Amz-Expires=60', headers);
      const response = await fetch(url, { method: 'PUT', headers: TYPE, body: 'x' });
      expect(response.status).toBe(403);
      expect(await response.text()).toMatch(/must sign the header content-(length|type)/);
    }
    expect(await gateway.store.head('unbound')).toBeNull();
  });

  it('do not allow copying, listing or another operation', async () => {
    await put('victim', 'secret');
    const { url } = await gateway.store.presignPut('mine', { contentType: 'video/mp4', size: 0, expiresIn: 60 });
    const headers = { ...TYPE, 'x-amz-copy-source': `/${BUCKET}/victim` };
    const smuggled = await fetch(url, { method: 'PUT', headers });
    expect(smuggled.status).toBe(403);
    expect(await smuggled.text()).toContain('<HeadersNotSigned>x-amz-copy-source</HeadersNotSigned>');
    const signedCopy = await presigned('PUT', gateway.endpoint, 'mine?X-Amz-Expires=60', {
      'x-amz-copy-source': `/${BUCKET}/victim`,
    });
    expect(
      (await fetch(signedCopy, { method: 'PUT', headers: { 'x-amz-copy-source': `/${BUCKET}/victim` } })).status,
    ).toBe(403);
    expect((await fetch(await presigned('GET', gateway.endpoint, '?list-type=2&X-Amz-Expires=60'))).status).toBe(403);
    expect((await fetch(await presigned('GET', gateway.endpoint, 'victim?acl&X-Amz-Expires=60'))).status).toBe(501);
    expect(await gateway.store.head('mine')).toBeNull();
  });

  it('for PUT do not change a copy of the object when they are used again', async () => {
    const { url } = await gateway.store.presignPut('replay', { contentType: 'video/mp4', size: 5, expiresIn: 60 });
    const send = (body: string): Promise<Response> => fetch(url, { method: 'PUT', headers: TYPE, body });
    expect((await send('first')).status).toBe(200);
    expect(await gateway.store.copy('replay', 'sealed/replay')).toEqual({ size: 5 });
    expect((await send('other')).status).toBe(200);
    const sealed = await gateway.store.presignGet('sealed/replay', {
      filename: 'a',
      contentType: 'video/mp4',
      expiresIn: 60,
    });
    expect(await (await fetch(sealed)).text()).toBe('first');
  });

  it('are rejected together with an Authorization header', async () => {
    const url = await gateway.store.presignGet('victim', { filename: 'a', contentType: 'video/mp4', expiresIn: 60 });
    expect(await code(await fetch(url, { headers: { authorization: 'Bearer x' } }))).toBe('InvalidRequest');
  });
});

describe('requests without a signed URL', () => {
  const url = (key: string): string => `${gateway.endpoint}/${BUCKET}/${key}`;

  it('are rejected without a valid Authorization header', async () => {
    expect(await code(await fetch(url('victim')))).toBe('AccessDenied');
    expect((await fetch(url('victim'), { headers: { authorization: 'AWS4-HMAC-SHA256 nonsense' } })).status).toBe(403);
  });

  it('must sign content-type and every x-amz header, and must send each signed header once', async () => {
    const signed = await signedHeaders('PUT', url('strict'), {});
    expect((await fetch(url('strict'), { method: 'PUT', headers: { ...signed, ...TYPE }, body: 'x' })).status).toBe(
      403,
    );
    const get = await signedHeaders('GET', url('victim'));
    expect((await fetch(url('victim'), { headers: get })).status).toBe(200);
    expect((await fetch(url('victim'), { headers: { ...get, 'x-amz-acl': 'public-read' } })).status).toBe(403);
    const lines = Object.entries(get)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\r\n');
    const head = `GET /${BUCKET}/victim HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\n${lines}`;
    expect(await rawRequest(gateway.port, head)).toMatch(/^HTTP\/1\.1 200/);
    expect(await rawRequest(gateway.port, `${head}\r\nx-amz-date: 20200101T000000Z`)).toMatch(/^HTTP\/1\.1 403/);
    expect(await rawRequest(gateway.port, `${head}\r\nhost: other`)).toMatch(/^HTTP\/1\.1 40[03]/);
  });

  it('are valid for 15 minutes before and after their date', async () => {
    const headers = await signedHeaders('GET', url('victim'));
    for (const minutes of [-16, 16]) {
      gateway.advance(minutes * 60_000);
      expect(await code(await fetch(url('victim'), { headers }))).toBe('RequestTimeTooSkewed');
      gateway.advance(-minutes * 60_000);
    }
    expect((await fetch(url('victim'), { headers })).status).toBe(200);
  });

  it('are rejected if the body differs from a signed SHA-256', async () => {
    const hash = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'; // of "x"
    const headers = await signedHeaders('PUT', url('hashed'), { ...TYPE, 'x-amz-content-sha256': hash });
    expect(await code(await fetch(url('hashed'), { method: 'PUT', headers, body: 'y' }))).toBe(
      'XAmzContentSHA256Mismatch',
    );
    expect(await gateway.store.head('hashed')).toBeNull();
    expect((await fetch(url('hashed'), { method: 'PUT', headers, body: 'x' })).status).toBe(200);
    expect(await gateway.tempFiles()).toEqual([]);
  });

  it('are rejected if they need a feature that is not implemented', async () => {
    const cases: [string, string, Record<string, string>][] = [
      ['GET', `victim?versionId=1`, {}],
      ['PUT', 'x', { 'x-amz-acl': 'public-read' }],
      ['PUT', 'x', { 'content-encoding': 'aws-chunked' }],
      ['PUT', 'x', { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }],
      ['PUT', 'x', { 'x-amz-copy-source': `/${BUCKET}/victim?versionId=1` }],
    ];
    for (const [method, key, extra] of cases) {
      const headers = await signedHeaders(method, url(key), extra);
      expect((await fetch(url(key), { method, headers })).status, `${method} ${key} ${JSON.stringify(extra)}`).toBe(
        501,
      );
    }
    const other = `${gateway.endpoint}/other-bucket/x`;
    expect(await code(await fetch(other, { headers: await signedHeaders('GET', other) }))).toBe('NoSuchBucket');
    const root = `${gateway.endpoint}/`;
    expect((await fetch(root, { headers: await signedHeaders('GET', root) })).status).toBe(501);
    expect(
      (await fetch(url('victim'), { method: 'POST', headers: await signedHeaders('POST', url('victim')) })).status,
    ).toBe(405);
  });
});

describe('the log of the gateway', () => {
  it('contains neither signatures nor queries nor keys', async () => {
    await put('private-name.mp4', 'x');
    const signed = await gateway.store.presignGet('private-name.mp4', {
      filename: 'holiday.mp4',
      contentType: 'video/mp4',
      expiresIn: 60,
    });
    await (await fetch(signed)).text();
    await (await fetch(signed.replace('private-name', 'private-other'))).text();
    const text = JSON.stringify(gateway.logged);
    expect(text).toContain('"status":200');
    expect(text).toContain('"status":403');
    expect(text).not.toMatch(/private-|holiday|X-Amz|Signature|Credential|rotated away/);
    expect(text).not.toContain(CREDENTIAL.secretAccessKey);
  });
});

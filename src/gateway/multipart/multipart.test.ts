import { once } from 'node:events';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET, type EmbeddedGateway, startEmbeddedGateway } from '../../../test/conformance/embedded-gateway.ts';
import { presigned, signedHeaders } from '../../../test/conformance/raw-client.ts';
import { until } from '../../../testkit/until.ts';
import { openUploads } from './uploads.ts';

const MAX_BYTES = 20_000_000;
const KEY = 'uploads/account/upload';
let gateway: EmbeddedGateway;

beforeAll(async () => {
  gateway = await startEmbeddedGateway({ maxObjectBytes: MAX_BYTES });
});
afterAll(() => gateway.close());

const folders = () => readdir(join(gateway.root, 'parts'));
afterEach(async () => {
  for (const id of await folders()) await gateway.store.abortMultipart(await keyOf(id), id);
  await gateway.store.delete(KEY);
  expect(await folders()).toEqual([]);
  expect(await gateway.tempFiles()).toEqual([]);
});

const keys = new Map<string, string>();
const keyOf = async (id: string) => keys.get(id) ?? KEY;
async function begin(key = KEY): Promise<string> {
  const id = await gateway.store.createMultipart(key, { contentType: 'video/mp4' });
  keys.set(id, key);
  return id;
}
async function partUrl(uploadId: string, partNumber: number, size: number, key = KEY): Promise<string> {
  return (await gateway.store.presignPart(key, { uploadId, partNumber, size, expiresIn: 900 })).url;
}
async function send(uploadId: string, partNumber: number, body: string | Buffer, key = KEY) {
  const bytes = Buffer.from(body);
  const url = await partUrl(uploadId, partNumber, bytes.length, key);
  const response = await fetch(url, { method: 'PUT', body: new Uint8Array(bytes) });
  return {
    status: response.status,
    code: codeOf(await response.text()),
    etag: response.headers.get('etag')!,
    partNumber,
  };
}
const codeOf = (xml: string) => /<Code>(\w+)</.exec(xml)?.[1] ?? null;

/** Sends a request as an internal role, with any path, query and body. */
async function insider(method: string, keyAndQuery: string, body: string | null = null, headers = {}) {
  const url = `${gateway.endpoint}/${BUCKET}/${keyAndQuery}`;
  const sent: Record<string, string> = { ...headers, ...(body !== null && { 'content-type': 'application/xml' }) };
  const signed = await signedHeaders(method, url, sent);
  const response = await fetch(url, { method, headers: signed, body });
  const text = await response.text();
  return { status: response.status, code: codeOf(text), text };
}
const complete = (id: string, body: string) => insider('POST', `${KEY}?uploadId=${id}`, body);
const named = (...parts: [number | string, string][]) =>
  `<CompleteMultipartUpload>${parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`;

describe('a stored part of an incomplete upload', () => {
  const read = async (id: string, number: number) => {
    const { readPart } = await gateway.store.capabilities();
    const part = await readPart!(KEY, id, number);
    return part && { etag: part.etag, text: await text(part.body) };
  };

  it('can be read by internal roles, with the entity tag of the returned bytes', async () => {
    const id = await begin();
    expect(await read(id, 1)).toBeNull();
    const first = await send(id, 1, 'first');
    expect(await read(id, 1)).toEqual({ etag: first.etag, text: 'first' });
    const second = await send(id, 1, 'again');
    expect(await read(id, 1)).toEqual({ etag: second.etag, text: 'again' });
    expect(second.etag).not.toBe(first.etag);
    await expect(gateway.store.completeMultipart(KEY, id, [first])).rejects.toMatchObject({ code: 'InvalidPart' });
    await expect(read('0'.repeat(32), 1)).rejects.toMatchObject({ status: 404 });
  });

  it('cannot be read through a signed URL', async () => {
    const id = await begin();
    await send(id, 1, 'first');
    const url = await presigned('GET', gateway.endpoint, `${KEY}?uploadId=${id}&partNumber=1&X-Amz-Expires=60`);
    const response = await fetch(url);
    expect([response.status, codeOf(await response.text())]).toEqual([403, 'AccessDenied']);
    expect((await fetch(await partUrl(id, 1, 5))).status).toBe(403);
  });
});

describe('the body of a complete request', () => {
  it('is rejected if it is malformed, without changing the upload', async () => {
    const id = await begin();
    const { etag } = await send(id, 1, 'abc');
    const good = named([1, etag]);
    const bodies = [
      'hello',
      '<html>1</html>',
      good.replace('</Part>', ''),
      `<!DOCTYPE x [<!ENTITY a "${etag}">]>${named([1, '&a;'])}`,
      `<!DOCTYPE x SYSTEM "file:///etc/passwd">${good}`,
      `${good}${good}`,
      `<!-- -->${good}`,
      '<CompleteMultipartUpload/>',
      '<CompleteMultipartUpload></CompleteMultipartUpload>',
      '<CompleteMultipartUpload><Part/></CompleteMultipartUpload>',
      '<CompleteMultipartUpload><Part>1</Part></CompleteMultipartUpload>',
      good.replaceAll('Part>', '__proto__>'),
      good.replaceAll('PartNumber>', 'constructor>'),
      good.replace('</ETag>', '</ETag><ChecksumSHA256>x</ChecksumSHA256>'),
      good.replace('</ETag>', `</ETag><ETag>${etag}</ETag>`),
      '<CompleteMultipartUpload>'.repeat(40_000),
      `<CompleteMultipartUpload>${'<Part>'.repeat(60_000)}`,
      named(...Array.from({ length: 10_001 }, (_, index): [number, string] => [index + 1, etag])),
      ...['0', '-1', '1.0', '1e0', '010', '10001', '99999999999999999999', '&#x110000;', ''].map((number) =>
        named([number, etag]),
      ),
      named([1, '']),
      '',
    ];
    for (const body of bodies) {
      const rejected = await complete(id, body);
      expect([rejected.status, rejected.code], body.slice(0, 120)).toEqual([400, 'MalformedXML']);
    }
    expect(await gateway.store.head(KEY)).toBeNull();
    expect((await complete(id, good)).status).toBe(200);
    expect((await gateway.store.head(KEY))!.size).toBe(3);
  });

  it('is rejected before it is read if it exceeds a megabyte or has no length', async () => {
    const id = await begin();
    const huge = await complete(id, named([1, 'x'.repeat(1_048_576)]));
    expect([huge.status, huge.code]).toEqual([400, 'EntityTooLarge']);
    const url = `${gateway.endpoint}/${BUCKET}/${KEY}?uploadId=${id}`;
    const headers = await signedHeaders('POST', url);
    const sending = request(url, { method: 'POST', headers: { ...headers, 'transfer-encoding': 'chunked' } });
    sending.end(named([1, '"x"']));
    const [response] = await once(sending, 'response');
    expect(response.resume().statusCode).toBe(411);
  });

  it('is rejected if it differs from its signed hash', async () => {
    const id = await begin();
    const { etag } = await send(id, 1, 'abc');
    const hash = { 'x-amz-content-sha256': 'a'.repeat(64) };
    const rejected = await insider('POST', `${KEY}?uploadId=${id}`, named([1, etag]), hash);
    expect([rejected.status, rejected.code]).toEqual([400, 'XAmzContentSHA256Mismatch']);
    expect(await gateway.store.head(KEY)).toBeNull();
  });

  it('may contain entity tags with plain, escaped or no quotation marks', async () => {
    for (const write of [(etag: string) => etag, (etag: string) => etag.replaceAll('"', '&quot;')]) {
      const id = await begin();
      const { etag } = await send(id, 1, 'abc');
      expect((await complete(id, named([1, write(etag)]))).status).toBe(200);
    }
    const id = await begin();
    const { etag } = await send(id, 1, 'abc');
    expect((await complete(id, named([1, etag.slice(1, -1)]))).status).toBe(200);
  });
});

describe('the id of an upload', () => {
  it('is rejected with NoSuchUpload if it is a path or belongs to another key', async () => {
    const other = await begin('uploads/account/other');
    await mkdir(join(gateway.root, 'parts', 'stray'));
    await writeFile(join(gateway.root, 'tmp', 'about'), '{}');
    const tricks = ['..', '../tmp', '../objects', '.', '', '/', '%00', 'stray', '__proto__', 'constructor', other];
    for (const trick of tricks) {
      const query = `${KEY}?uploadId=${encodeURIComponent(decodeURIComponent(trick))}`;
      for (const [method, body] of [
        ['GET', null],
        ['DELETE', null],
        ['POST', named([1, '"x"'])],
      ] as const) {
        const rejected = await insider(method, query, body);
        expect([rejected.status, rejected.code], `${method} ${trick}`).toEqual([404, 'NoSuchUpload']);
      }
      const put = await insider('PUT', `${query}&partNumber=1`, 'x');
      expect([put.status, put.code], trick).toEqual([404, 'NoSuchUpload']);
    }
    expect((await folders()).sort()).toEqual([other, 'stray'].sort());
    await rm(join(gateway.root, 'parts', 'stray'), { recursive: true });
    await rm(join(gateway.root, 'tmp', 'about'));
  });
});

describe('a part', () => {
  it('must have a number from 1 to 10,000, and cannot be copied from an object', async () => {
    const id = await begin();
    for (const number of ['0', '10001', '1.5', '-1', 'x', '']) {
      const rejected = await insider('PUT', `${KEY}?uploadId=${id}&partNumber=${number}`, 'x');
      expect([rejected.status, rejected.code], number).toEqual([400, 'InvalidArgument']);
    }
    const copied = await insider('PUT', `${KEY}?uploadId=${id}&partNumber=1`, '', {
      'x-amz-copy-source': `/${BUCKET}/secret`,
    });
    expect([copied.status, copied.code]).toEqual([501, 'NotImplemented']);
    expect(await gateway.store.listParts(KEY, id)).toEqual([]);
  });

  it('is rejected if its URL does not sign the length', async () => {
    const id = await begin();
    const url = await presigned('PUT', gateway.endpoint, `${KEY}?uploadId=${id}&partNumber=1&X-Amz-Expires=60`);
    const rejected = await fetch(url, { method: 'PUT', body: 'x' });
    expect([rejected.status, await rejected.text()]).toEqual([403, expect.stringContaining('must sign the header')]);
  });

  it('a part whose size differs from the signed size is rejected with both sizes, regardless of its content type', async () => {
    const id = await begin();
    const put = (body: string, url: string) =>
      fetch(url, { method: 'PUT', body, headers: { 'content-type': 'text/html' } });
    const url = await partUrl(id, 1, 10);
    const long = await put('12345678901', url);
    expect([long.status, await long.text()]).toEqual([400, expect.stringContaining('10 bytes were declared, but 11')]);
    const short = await put('123456789', url);
    expect([short.status, await short.text()]).toEqual([403, expect.stringContaining('10 bytes were declared, but 9')]);
    expect((await put('1234567890', url)).status).toBe(200);
  });

  it('a part is rejected if the parts would exceed the maximum object size, and other parts are kept', async () => {
    const id = await begin();
    const half = Buffer.alloc(MAX_BYTES / 2 + 1);
    expect((await send(id, 1, half)).status).toBe(200);
    expect(await send(id, 2, half)).toMatchObject({ status: 400, code: 'EntityTooLarge' });
    // A part that is sent again does not count twice.
    expect((await send(id, 1, half)).status).toBe(200);
    expect(await gateway.store.listParts(KEY, id)).toMatchObject([{ partNumber: 1 }]);
  });

  it('a part that is interrupted leaves no file and is not listed', async () => {
    const id = await begin();
    const sending = request(await partUrl(id, 1, 100), { method: 'PUT', headers: { 'content-length': 100 } });
    sending.on('error', () => undefined);
    sending.write('half');
    await until(async () => (await gateway.tempFiles()).length === 1, { what: 'the part to begin' });
    sending.destroy();
    await until(async () => (await gateway.tempFiles()).length === 0, { what: 'the temp file to go' });
    expect(await gateway.store.listParts(KEY, id)).toEqual([]);
  });

  it('is rejected if its upload is aborted while it is sent', async () => {
    const id = await begin();
    const sending = request(await partUrl(id, 1, 100), { method: 'PUT', headers: { 'content-length': 100 } });
    sending.write('x'.repeat(50));
    await until(async () => (await gateway.tempFiles()).length === 1, { what: 'the part to begin' });
    await gateway.store.abortMultipart(KEY, id);
    sending.end('x'.repeat(50));
    const [response] = await once(sending, 'response');
    expect(response.resume().statusCode).toBe(404);
  });
});

describe('an upload in parts', () => {
  it('can be begun, listed, completed and aborted only by internal roles', async () => {
    const id = await begin();
    for (const [method, query] of [
      ['POST', 'uploads='],
      ['GET', `uploadId=${id}`],
      ['POST', `uploadId=${id}`],
      ['DELETE', `uploadId=${id}`],
    ]) {
      const url = await presigned(method!, gateway.endpoint, `${KEY}?${query}&X-Amz-Expires=60`);
      const rejected = await fetch(url, { method });
      expect([rejected.status, codeOf(await rejected.text())], `${method} ${query}`).toEqual([403, 'AccessDenied']);
    }
    expect(await gateway.store.listParts(KEY, id)).toEqual([]);
    const typed = await insider('POST', `${KEY}?uploads=`, null, { 'content-type': '<script>' });
    expect([typed.status, typed.code]).toEqual([400, 'InvalidArgument']);
    const valued = await insider('POST', `${KEY}?uploads=1`);
    expect([valued.status, valued.code]).toEqual([400, 'InvalidArgument']);
  });

  it('lists its parts page by page', async () => {
    const id = await begin();
    for (const number of [2, 5, 9]) await send(id, number, 'x');
    const page = (query: string) => insider('GET', `${KEY}?${query}&uploadId=${id}`);
    const first = await page('max-parts=2');
    expect(first.text).toMatch(/<NextPartNumberMarker>5<.*<IsTruncated>true<.*Number>2<.*Number>5</);
    const rest = await page('max-parts=2&part-number-marker=5');
    expect(rest.text).toMatch(/<IsTruncated>false<.*Number>9</);
    expect(rest.text).not.toMatch(/<PartNumber>[25]</);
    for (const query of ['max-parts=0', 'max-parts=x', 'part-number-marker=-1']) {
      expect((await page(query)).status).toBe(400);
    }
  });

  it('cannot be completed for a closed key, and closing deletes its parts', async () => {
    const closing = 'uploads/account/closed';
    const id = await begin(closing);
    const part = await send(id, 1, 'abc', closing);
    const kept = await begin();
    const url = await partUrl(id, 2, 100, closing);
    const sending = request(url, { method: 'PUT', headers: { 'content-length': 100 }, agent: false });
    const ended = once(sending, 'error');
    sending.write('half');
    await until(async () => (await gateway.tempFiles()).length === 1, { what: 'the part to begin' });
    const { closeKey } = await gateway.store.capabilities();
    expect(await closeKey!(closing, new Date(Date.now() + 3_600_000))).toBe(true);
    await ended;
    await until(async () => (await gateway.tempFiles()).length === 0, { what: 'the temp file to go' });
    expect(await folders()).toEqual([kept]);
    const rejected = { status: 403 };
    expect(await send(id, 1, 'abc', closing)).toMatchObject(rejected);
    await expect(gateway.store.createMultipart(closing, { contentType: 'video/mp4' })).rejects.toMatchObject(rejected);
    await expect(gateway.store.completeMultipart(closing, id, [part])).rejects.toMatchObject(rejected);
  });

  it('appears only as a complete object while it is completed twice concurrently', async () => {
    const id = await begin();
    const bytes = Buffer.alloc(5 * 1_048_576, 'p');
    const parts = [await send(id, 1, bytes), await send(id, 2, bytes), await send(id, 3, 'end')];
    let over = false;
    const both = Promise.all([1, 2].map(() => gateway.store.completeMultipart(KEY, id, parts))).finally(() => {
      over = true;
    });
    const sizes = new Set<number | null>();
    do sizes.add((await gateway.store.head(KEY))?.size ?? null);
    while (!over);
    expect((await both).sort()).toEqual([false, true]);
    sizes.delete(2 * bytes.length + 3);
    expect([...sizes].every((size) => size === null || size === 3)).toBe(true);
  });

  it('survives a restart, but incomplete files of a crash do not', async () => {
    const id = await begin();
    const { etag } = await send(id, 4, 'abc');
    const parts = join(gateway.root, 'parts');
    await mkdir(join(parts, 'ab'.repeat(16)));
    await mkdir(join(parts, 'cd'.repeat(16)));
    await writeFile(join(parts, 'cd'.repeat(16), 'about'), JSON.stringify({ id, key: 'k' }));
    await symlink('/etc', join(parts, 'link'));
    const again = await openUploads(gateway.root);
    expect(await folders()).toEqual([id]);
    expect(again.find(KEY, id)).toMatchObject({ key: KEY, contentType: 'video/mp4' });
    expect(await again.parts(again.find(KEY, id))).toMatchObject([{ number: 4, size: 3, etag }]);
  });

  it('is aborted once it is older than a day', async () => {
    const id = await begin();
    await send(id, 1, 'abc');
    let clock = Date.now();
    const uploads = await openUploads(gateway.root, () => clock);
    clock += 86_000_000;
    expect(await uploads.sweep()).toBe(0);
    clock += 400_000;
    expect(await uploads.sweep()).toBe(1);
    expect(await folders()).toEqual([]);
  });

  it('never uses the disk reserve for a part or for the object, and can be completed when there is space again', async () => {
    const reserve = { percent: 0, bytes: 0 };
    const full = await startEmbeddedGateway({ reserve });
    try {
      const { store } = full;
      const uploadId = await store.createMultipart(KEY, { contentType: 'video/mp4' });
      const put = async (partNumber: number) => {
        const part = await store.presignPart(KEY, { uploadId, partNumber, size: 3, expiresIn: 60 });
        return fetch(part.url, { method: 'PUT', body: 'abc' });
      };
      const etag = (await put(1)).headers.get('etag')!;
      reserve.bytes = 2 ** 50;
      const rejected = await put(2);
      expect([rejected.status, codeOf(await rejected.text())]).toEqual([507, 'InsufficientStorage']);
      const completion = store.completeMultipart(KEY, uploadId, [{ partNumber: 1, etag }]);
      await expect(completion).rejects.toMatchObject({ retry: true, status: 507 });
      expect(await store.head(KEY)).toBeNull();
      expect(await full.tempFiles()).toEqual([]);
      reserve.bytes = 0;
      expect(await store.completeMultipart(KEY, uploadId, [{ partNumber: 1, etag }])).toBe(true);
    } finally {
      await full.close();
    }
  });
});

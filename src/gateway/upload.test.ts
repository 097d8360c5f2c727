import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmbeddedGateway, startEmbeddedGateway } from '../../test/conformance/embedded-gateway.ts';
import { presigned, type RawConnection, rawConnection, rawRequest } from '../../test/conformance/raw-client.ts';

const TYPE = { 'content-type': 'video/mp4' };
let gateway: EmbeddedGateway;
/** A gateway that waits for bytes so briefly that a busy machine can exceed its limit. */
let hasty: EmbeddedGateway;

beforeAll(async () => {
  gateway = await startEmbeddedGateway({ maxObjectBytes: 50_000_000 });
  hasty = await startEmbeddedGateway({ minimumRate: { bytesPerSecond: 1000, windowMs: 300 } });
});
afterAll(() => Promise.all([gateway?.close(), hasty?.close()]));
afterEach(async () => {
  for (const one of [gateway, hasty]) await vi.waitFor(async () => expect(await one.tempFiles()).toEqual([]), 10_000);
});

/** Returns the head of a raw PUT with a valid signature for `size` bytes. */
async function head(
  key: string,
  size: number,
  lines: string[] = [`content-length: ${size}`],
  { store } = gateway,
): Promise<string> {
  const url = new URL((await store.presignPut(key, { contentType: 'video/mp4', size, expiresIn: 900 })).url);
  const fixed = [`PUT ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`, 'content-type: video/mp4'];
  return [...fixed, ...lines].join('\r\n');
}

async function start(key: string, size: number, lines?: string[], to = gateway): Promise<RawConnection> {
  const connection = rawConnection(to.port);
  connection.write(`${await head(key, size, lines, to)}\r\n\r\n`);
  return connection;
}

describe('an upload', () => {
  const send = async (headers: Record<string, string>, body: string) => {
    const { url } = await gateway.store.presignPut('exact', { contentType: 'video/mp4', size: 10, expiresIn: 900 });
    const response = await fetch(url, { method: 'PUT', headers, body });
    expect(response.headers.get('content-type')).toBe('application/xml');
    const xml = await response.text();
    expect(xml).not.toMatch(/X-Amz/);
    return { status: response.status, code: /<Code>(\w+)</.exec(xml)?.[1], xml };
  };

  it('an upload whose size differs from the signed size is rejected with both sizes, and stores nothing', async () => {
    const long = await send(TYPE, '12345678901');
    expect(long).toMatchObject({ status: 400, code: 'EntityTooLarge' });
    expect(long.xml).toContain('<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>');
    const short = await send(TYPE, '123456789');
    expect(short).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
    expect(short.xml).toContain('10 bytes were declared, but 9 were received');
    expect(await gateway.store.head('exact')).toBeNull();
  });

  it('an upload whose type differs from the signed type is rejected with both types', async () => {
    for (const type of ['text/html', 'Video/MP4', 'video/mp4; x=1', '<b>&']) {
      const rejected = await send({ 'content-type': type }, '1234567890');
      expect(rejected).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
      expect(rejected.xml).toContain('<DeclaredContentType>video/mp4</DeclaredContentType>');
      const shown = type.replaceAll(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
      expect(rejected.xml).toContain(`<ReceivedContentType>${shown}</ReceivedContentType>`);
    }
    const none = await rawRequest(
      gateway.port,
      (await head('exact', 3)).replace('content-type: video/mp4\r\n', ''),
      'abc',
    );
    expect(none).toMatch(/^HTTP\/1\.1 403[\s\S]*but none was received/);
    expect(await gateway.store.head('exact')).toBeNull();
  });

  it('is rejected if the declared size or type in its URL is altered', async () => {
    const { url } = await gateway.store.presignPut('exact', { contentType: 'video/mp4', size: 10, expiresIn: 900 });
    const alter = (edit: (query: URLSearchParams) => void) => {
      const altered = new URL(url);
      edit(altered.searchParams);
      return altered.href;
    };
    for (const altered of [
      alter((query) => query.set('airlock-content-length', '11')),
      alter((query) => query.set('airlock-content-type', 'text/html')),
      alter((query) => query.delete('airlock-content-length')),
      alter((query) => {
        query.delete('airlock-content-length');
        query.delete('airlock-content-type');
      }),
    ]) {
      for (const body of ['1234567890', '12345678901']) {
        expect((await fetch(altered, { method: 'PUT', headers: TYPE, body })).status).toBe(403);
      }
    }
    expect(await gateway.store.head('exact')).toBeNull();
  });

  it('an upload that sends more than it declared never becomes a larger object', async () => {
    const response = await rawRequest(gateway.port, await head('excess', 10), '0123456789\0\0\0\0');
    expect(response).not.toMatch(/^HTTP\/1\.1 2/);
    expect(await gateway.store.head('excess')).toBeNull();
  });

  it('an upload without a length is rejected', async () => {
    const chunked = await rawRequest(
      gateway.port,
      await head('chunked', 3, ['transfer-encoding: chunked']),
      '3\r\nabc\r\n0\r\n\r\n',
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 411[\s\S]*<Code>MissingContentLength<\/Code>/);
    const headers = { 'content-type': 'video/mp4', 'content-length': '3' };
    const undeclared = new URL(await presigned('PUT', gateway.endpoint, 'chunked?X-Amz-Expires=60', headers));
    const line = `PUT ${undeclared.pathname}${undeclared.search} HTTP/1.1\r\nhost: ${undeclared.host}\r\ncontent-type: video/mp4`;
    expect(await rawRequest(gateway.port, line)).toMatch(/^HTTP\/1\.1 411/);
    const both = ['content-length: 3', 'transfer-encoding: chunked'];
    expect(await rawRequest(gateway.port, await head('chunked', 3, both), '3\r\nabc\r\n0\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 4/,
    );
    const two = ['content-length: 3', 'content-length: 4'];
    expect(await rawRequest(gateway.port, await head('chunked', 3, two), 'abcd')).toMatch(/^HTTP\/1\.1 400/);
    expect(await gateway.store.head('chunked')).toBeNull();
  });

  it('an upload over the limit of the server is rejected although it is signed', async () => {
    const response = await rawRequest(gateway.port, await head('huge', 50_000_001), '');
    expect(response).toMatch(/^HTTP\/1\.1 400/);
    expect(response).toContain('<Code>EntityTooLarge</Code>');
    expect(response).toContain('<MaxSizeAllowed>50000000</MaxSizeAllowed>');
  });

  it('an upload that is interrupted leaves no file, and can be sent again', async () => {
    const connection = await start('broken', 1_000_000);
    connection.write(Buffer.alloc(400_000));
    await vi.waitFor(async () => expect(await gateway.tempFiles()).toHaveLength(1), 10_000);
    connection.socket.destroy();
    await vi.waitFor(async () => expect(await gateway.tempFiles()).toEqual([]), 10_000);
    expect(await gateway.store.head('broken')).toBeNull();
    const { url } = await gateway.store.presignPut('broken', { contentType: 'video/mp4', size: 3, expiresIn: 900 });
    expect((await fetch(url, { method: 'PUT', headers: TYPE, body: 'abc' })).status).toBe(200);
  });

  it('an upload on a half-closed connection stores no object', async () => {
    const connection = await start('half', 100);
    connection.write('only this');
    connection.socket.end();
    expect(await connection.ended).not.toMatch(/^HTTP\/1\.1 2/);
    expect(await gateway.store.head('half')).toBeNull();
  });

  it('an upload below the minimum rate is rejected with a reason and disconnected', async () => {
    const connection = await start('slow', 1_000_000, undefined, hasty);
    const drip = setInterval(() => connection.write('x'), 50);
    const response = await connection.ended;
    clearInterval(drip);
    expect(response).toMatch(/^HTTP\/1\.1 408[\s\S]*<Code>RequestTimeout<\/Code>/);
    expect(await hasty.store.head('slow')).toBeNull();
  });

  it('gets 100 Continue only if its headers are accepted', async () => {
    const expecting = ['content-length: 3', 'expect: 100-continue'];
    const good = await start('continue', 3, expecting);
    expect(await good.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 100 Continue/);
    good.write('abc');
    expect(await good.until(/HTTP\/1\.1 200/)).toContain('200 OK');
    good.socket.destroy();
    const bad = await start('continue', 4, expecting);
    const response = await bad.until(/<\/Error>/);
    expect(response).toMatch(/^HTTP\/1\.1 403/);
    expect(response).not.toContain('100 Continue');
    bad.socket.destroy();
  });

  it('an upload that is rejected gets its response before the body ends, and its connection is closed', async () => {
    const connection = await start('endless', 1_000, [`content-length: 40000000000`]);
    expect(await connection.until(/<\/Error>/)).toMatch(/^HTTP\/1\.1 400/);
    const chunk = Buffer.alloc(1_048_576);
    let closed = false;
    connection.socket.once('close', () => {
      closed = true;
    });
    for (let sent = 0; !closed && sent < 200; sent++) {
      await new Promise((resolve) => connection.socket.write(chunk, resolve));
    }
    await connection.ended;
    expect(connection.socket.bytesWritten).toBeLessThan(100_000_000);
  });

  it('an upload of ten megabytes is stored completely, as a read-only file', async () => {
    const bytes = randomBytes(10_000_001);
    const { url } = await gateway.store.presignPut('large', {
      contentType: 'video/mp4',
      size: bytes.length,
      expiresIn: 900,
    });
    const response = await fetch(url, { method: 'PUT', headers: TYPE, body: bytes });
    expect(response.status).toBe(200);
    const path = await (await gateway.store.capabilities()).localPath!('large');
    expect(path?.startsWith(join(gateway.root, 'objects'))).toBe(true);
    const { readFile, stat } = await import('node:fs/promises');
    expect((await readFile(path!)).equals(bytes)).toBe(true);
    expect((await stat(path!)).mode & 0o777).toBe(0o444);
    expect((await stat(gateway.root)).mode & 0o777).toBe(0o700);
    const get = await fetch(
      await gateway.store.presignGet('large', { filename: 'a', contentType: 'video/mp4', expiresIn: 60 }),
    );
    expect(get.headers.get('etag')).toBe(response.headers.get('etag'));
  });

  it('leaves no folder behind after its object is deleted', async () => {
    const path = join(gateway.root, 'a-file');
    await writeFile(path, 'x');
    const keys = ['deep/er/and/deeper', 'deep/er', 'deep/', `${'long'.repeat(100)}/x`];
    for (const key of keys) await gateway.store.putFile(key, path, { contentType: 'video/mp4', size: 1 });
    for await (const { key } of gateway.store.list('')) await gateway.store.delete(key);
    expect(await readdir(join(gateway.root, 'objects'))).toEqual([]);
  });
});

describe('a connection', () => {
  it('a connection with slow headers is closed', async () => {
    const { port, close } = await startEmbeddedGateway({ headersTimeoutMs: 300 });
    const silent = rawConnection(port);
    const slow = rawConnection(port);
    slow.write('GET / HTTP/1.1\r\nhost: x\r\n');
    expect(await slow.ended).toMatch(/^HTTP\/1\.1 408/);
    await silent.ended;
    await close();
  });

  it('a connection with huge headers, broken HTTP or an absolute request target is rejected, and others are served', async () => {
    const health = 'GET /-/healthy HTTP/1.1\r\nhost: x';
    expect(await rawRequest(gateway.port, `${health}\r\nx-big: ${'a'.repeat(20_000)}`)).toMatch(/^HTTP\/1\.1 431/);
    expect(await rawRequest(gateway.port, 'nonsense')).toMatch(/^HTTP\/1\.1 400/);
    expect(await rawRequest(gateway.port, 'GET http://other/-/healthy HTTP/1.1\r\nhost: x')).toMatch(/^HTTP\/1\.1 4/);
    expect(await rawRequest(gateway.port, 'GET /-/healthy HTTP/1.1')).toMatch(/^HTTP\/1\.1 400/);
    expect(await rawRequest(gateway.port, health)).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*ok$/);
  });

  it('a connection that is reset during a download does not affect others', async () => {
    const path = join(gateway.root, 'twenty-mb');
    await writeFile(path, Buffer.alloc(20_000_000));
    await gateway.store.putFile('download', path, { contentType: 'video/mp4', size: 20_000_000 });
    const url = new URL(
      await gateway.store.presignGet('download', { filename: 'a', contentType: 'video/mp4', expiresIn: 60 }),
    );
    const connection = rawConnection(gateway.port);
    connection.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
    await connection.until(/^HTTP\/1\.1 200/);
    connection.socket.resetAndDestroy();
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(20_000_000);
  });

  it('a connection whose client does not read the download is closed', async () => {
    const path = join(hasty.root, 'twenty-mb');
    await writeFile(path, Buffer.alloc(20_000_000));
    await hasty.store.putFile('download', path, { contentType: 'video/mp4', size: 20_000_000 });
    const url = new URL(
      await hasty.store.presignGet('download', { filename: 'a', contentType: 'video/mp4', expiresIn: 60 }),
    );
    const connection = rawConnection(hasty.port);
    connection.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
    connection.socket.pause();
    const before = hasty.logged.length;
    const isAborted = (): boolean =>
      hasty.logged.slice(before).some(({ fields }) => fields.method === 'GET' && fields.complete === false);
    await vi.waitFor(() => expect(isAborted()).toBe(true), 10_000);
    connection.socket.destroy();
  });
});

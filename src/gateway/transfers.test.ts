import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmbeddedGateway, startEmbeddedGateway } from '../../test/conformance/embedded-gateway.ts';
import { type RawConnection, rawConnection } from '../../test/conformance/raw-client.ts';
import { openTransfers, type Transfers } from './transfers.ts';

const SLOW_DOWN = { code: 'SlowDown', status: 503 };

describe('transfer permits', () => {
  it('allow four PUTs of one key and 64 GETs of one object, and can be reused', () => {
    const transfers = openTransfers(4096);
    const puts = Array.from({ length: 4 }, () => transfers.acquire('PUT', 'uploads/a/1'));
    expect(() => transfers.acquire('PUT', 'uploads/a/1')).toThrow(expect.objectContaining(SLOW_DOWN));
    for (let count = 0; count < 64; count++) transfers.acquire('GET', 'uploads/a/1');
    expect(() => transfers.acquire('GET', 'uploads/a/1')).toThrow(expect.objectContaining(SLOW_DOWN));
    transfers.acquire('PUT', 'uploads/a/2');
    puts[0]!();
    transfers.acquire('PUT', 'uploads/a/1');
    expect(() => transfers.acquire('PUT', 'uploads/a/1')).toThrow(expect.objectContaining(SLOW_DOWN));
  });

  /** Acquires as many permits as an account can get, up to 3,000. */
  function takeAll(transfers: Transfers, account: string): (() => void)[] {
    const permits: (() => void)[] = [];
    try {
      while (permits.length < 3_000) permits.push(transfers.acquire('PUT', `uploads/${account}/${permits.length}`));
    } catch (error) {
      expect(error).toMatchObject(SLOW_DOWN);
    }
    return permits;
  }

  it('limit a single account to half of the connections, and an account to a small share while another account uses its half', () => {
    const transfers = openTransfers(4096);
    const first = takeAll(transfers, 'a');
    expect(first).toHaveLength(2048);
    expect(takeAll(transfers, 'b')).toHaveLength(64);
    for (const release of first) release();
    expect(takeAll(transfers, 'c')).toHaveLength(1024 - 64);
  });

  it.each([2, 6, 40])('leave a permit for a new account while %i accounts keep all their permits', (accounts) => {
    const transfers = openTransfers(4096);
    for (let account = 0; account < accounts; account++) takeAll(transfers, `a${account}`);
    expect(takeAll(transfers, 'new').length).toBeGreaterThan(0);
  });
});

describe('a signed URL', () => {
  let gateway: EmbeddedGateway;
  const opened: RawConnection[] = [];
  beforeAll(async () => {
    gateway = await startEmbeddedGateway({ minimumRate: { bytesPerSecond: 1000, windowMs: 60_000 } });
    const path = join(gateway.root, 'object');
    await writeFile(path, Buffer.alloc(BIG));
    await gateway.store.putFile('outputs/a/1', path, { contentType: 'video/mp4', size: BIG });
  });
  afterEach(() => {
    for (const { socket } of opened.splice(0)) socket.destroy();
  });
  afterAll(() => gateway?.close());

  /** Size of the object in bytes: more than the kernel buffers for a client that does not read. */
  const BIG = 20_000_000;
  const sign = async (key: string, size: number) =>
    (await gateway.store.presignPut(key, { contentType: 'video/mp4', size, expiresIn: 900 })).url;
  const download = async (): Promise<{ url: string; request: string }> => {
    const named = { filename: 'a', contentType: 'video/mp4', expiresIn: 60 };
    const url = await gateway.store.presignGet('outputs/a/1', named);
    const { pathname, search, host } = new URL(url);
    return { url, request: `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n\r\n` };
  };
  const send = (url: string, body: string) =>
    fetch(url, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body });
  const open = (text: string): RawConnection => {
    const connection = rawConnection(gateway.port);
    opened.push(connection);
    connection.write(text);
    return connection;
  };
  const put = async (key: string, size: number, lines: string[] = []): Promise<RawConnection> => {
    const url = new URL(await sign(key, size));
    const head = [`PUT ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`, 'content-type: video/mp4'];
    return open([...head, `content-length: ${size}`, ...lines, '', ''].join('\r\n'));
  };
  const uploading = (count: number) =>
    vi.waitFor(async () => expect(await gateway.tempFiles()).toHaveLength(count), 10_000);

  it('accepts four concurrent uploads, and rejects a fifth upload before its body until a running upload ends', async () => {
    const key = 'uploads/a/1';
    const uploads = await Promise.all(Array.from({ length: 4 }, () => put(key, 3)));
    await uploading(4);
    const fifth = await put(key, 3, ['expect: 100-continue']);
    const response = await fifth.until(/<\/Error>/);
    expect(response).toMatch(/^HTTP\/1\.1 503[\s\S]*retry-after: 10\r\n[\s\S]*<Code>SlowDown<\/Code>/i);
    expect(response).toMatch(/4 uploads to this URL are running.*Send the request again/);
    expect(response).not.toContain('100 Continue');
    expect((await send(await sign('uploads/a/2', 3), 'abc')).status).toBe(200);
    await gateway.store.putFile(key, join(gateway.root, 'object'), { contentType: 'video/mp4', size: BIG });

    // Each of these requests must release its permit. Otherwise, later requests would get no permit.
    uploads[0]!.write('abc');
    expect(await uploads[0]!.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200/);
    uploads[1]!.socket.resetAndDestroy();
    await uploading(2);
    for (let rejected = 0; rejected < 6; rejected++) {
      const url = new URL(await sign(key, 4));
      expect((await send(url.href, 'abc')).status).toBe(403);
      expect((await fetch(url, { method: 'PUT', headers: { 'content-type': 'text/html' }, body: 'abcd' })).status).toBe(
        403,
      );
      expect((await send(await sign(key, 2 ** 42), 'abc')).status).toBe(403);
    }
    await put(key, 3);
    await put(key, 3);
    await uploading(4);
    expect((await send(await sign(key, 3), 'abc')).status).toBe(503);
  });

  const readSlowly = async (request: string, count: number): Promise<RawConnection[]> => {
    const clients = Array.from({ length: count }, () => open(request));
    for (const { until, socket } of clients) {
      expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200/);
      socket.pause();
    }
    return clients;
  };
  /** Waits until a request for the first byte, which uses a permit only briefly, has the expected status. */
  const statusIs = (url: string, status: number) =>
    vi.waitFor(async () => expect((await fetch(url, { headers: { range: 'bytes=0-0' } })).status).toBe(status), 10_000);

  it('allows 64 concurrent downloads, does not limit internal roles, and frees a permit when a client disconnects', async () => {
    const { url, request } = await download();
    const [first] = await readSlowly(request, 64);
    const rejected = await fetch(url);
    expect(rejected.status).toBe(503);
    expect(await rejected.text()).toContain('64 downloads of this object are running');
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    const own = await gateway.store.get('outputs/a/1', { start: 0, end: 0 });
    expect((await own!.toArray()).length).toBe(1);
    first!.socket.destroy();
    await statusIs(url, 206);
  });

  it('needs one permit for all pipelined requests of a connection, and no permit after the client disconnects', async () => {
    const { url, request } = await download();
    const [client] = await readSlowly(request.repeat(16), 1);
    const others = await readSlowly(request, 63);
    await statusIs(url, 503);
    client!.socket.resetAndDestroy();
    for (const { socket } of others) socket.destroy();
    await statusIs(url, 206);
    await readSlowly(request, 64);
  });

  it('a few pipelined requests get their responses in order, and a connection with many pipelined requests is closed', async () => {
    const health = 'GET /-/healthy HTTP/1.1\r\nhost: x\r\n\r\n';
    const statuses = async ({ ended }: RawConnection) =>
      [...(await ended).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    const few = open(`${health.repeat(8)}GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(await statuses(few)).toEqual([...Array(8).fill('200'), '403']);
    expect((await statuses(open(health.repeat(200)))).length).toBeLessThan(20);
  });
});

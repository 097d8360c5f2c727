import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ATTACKER, attack, UPLOAD_BYTES } from '../../testkit/attacks/connections.ts';
import { type EmbeddedGateway, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

/* A stranger against the ports of storage and API. Figures of more of them: `npm run bench -- --case connections`. */

/** Those of a service by default, but for the time to the first byte, which is not worth waiting for in a test. */
const LIMITS = { total: 4096, perAddress: 256, firstByteMs: 1_000 };

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function open(
  port: number,
  send = '',
  from = ATTACKER,
): { socket: Socket; connected: Promise<void>; ended: Promise<void> } {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => undefined);
  sockets.push(socket);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  if (send) socket.write(send);
  return { socket, ended, connected: Promise.race([connected, ended]) };
}

describe("the storage's port", () => {
  let gateway: EmbeddedGateway;
  beforeAll(async () => {
    gateway = await startEmbeddedGateway({ connections: LIMITS });
  });
  afterAll(() => gateway?.close());

  it('serves others while one stranger uses all the connections that it may', async () => {
    const { port, store } = gateway;
    await Promise.all(Array.from({ length: 1200 }, () => open(port).connected));
    const started = performance.now();
    for (let count = 0; count < 20; count++) await store.ping();
    // A new connection, too: the store keeps its own.
    expect((await fetch(`http://127.0.0.1:${port}/-/healthy`, { headers: { connection: 'close' } })).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(2_000);
    await vi.waitFor(() => expect(sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(256), 4_000);
  });

  it('serves uploads and downloads of others while one stranger trickles with signed URLs and reconnects', async () => {
    const { port, store, root } = gateway;
    const type = { contentType: 'video/mp4', expiresIn: 600 };
    await writeFile(join(root, 'large'), Buffer.alloc(UPLOAD_BYTES));
    const large = ['outputs/a/1', 'outputs/a/2'];
    for (const key of large) await store.putFile(key, join(root, 'large'), { ...type, size: UPLOAD_BYTES });
    const uploads = Array.from({ length: 40 }, (_, n) => `uploads/a/${n}`);
    const stranger = await attack({
      port,
      idle: 400,
      trickling: 300,
      putUrls: await Promise.all(
        uploads.map(async (key) => (await store.presignPut(key, { ...type, size: UPLOAD_BYTES })).url),
      ),
      getUrls: await Promise.all(large.map((key) => store.presignGet(key, { ...type, filename: 'a' }))),
    });
    try {
      for (let round = 0; round < 30; round++) {
        const { url: put } = await store.presignPut('uploads/b/1', { ...type, size: 5 });
        const close = { connection: 'close' };
        const headers = { ...close, 'content-type': 'video/mp4' };
        expect((await fetch(put, { method: 'PUT', headers, body: 'bytes' })).status).toBe(200);
        const get = await store.presignGet('uploads/b/1', { ...type, filename: 'b' });
        expect(await (await fetch(get, { headers: close })).text()).toBe('bytes');
      }
      const { open, ended } = stranger.counts();
      expect(open).toBeGreaterThan(200);
      expect(open).toBeLessThanOrEqual(256);
      expect(ended).toBeGreaterThan(300);
    } finally {
      stranger.end();
    }
    await vi.waitFor(async () => expect(await gateway.tempFiles()).toEqual([]), 10_000);
  });

  it('ends a connection that says nothing within seconds', () => endsTheSilent(gateway.port));
});

describe("the API's port", () => {
  let api: TestApi;
  let port: number;
  beforeAll(async () => {
    api = await startApi({ connections: LIMITS });
    port = Number(new URL(await api.listen()).port);
  });
  afterAll(() => api?.close());

  it('accepts no more from one stranger than allowed, and serves others', async () => {
    await Promise.all(Array.from({ length: 1200 }, () => open(port).connected));
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    await vi.waitFor(() => expect(sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(256), 4_000);
  });

  it('ends a connection that says nothing within seconds', () => endsTheSilent(port));

  it('ends a head that comes byte by byte', async () => {
    const { socket, ended } = open(port, 'GET /livez HTTP/1.1\r\nx-drip: ');
    socket.resume();
    const started = performance.now();
    const drip = setInterval(() => socket.write('y'), 200);
    await ended.finally(() => clearInterval(drip));
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

async function endsTheSilent(port: number): Promise<void> {
  const started = performance.now();
  await open(port, '', '127.0.0.3').ended;
  expect(performance.now() - started).toBeGreaterThan(LIMITS.firstByteMs * 0.8);
  expect(performance.now() - started).toBeLessThan(8_000);
}

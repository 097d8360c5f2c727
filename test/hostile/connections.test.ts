import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HEAD_TIMES } from '../../src/listener/listener-limits.ts';
import { ATTACKER, attack, UPLOAD_BYTES } from '../../testkit/attacks/connections.ts';
import { rawConnections } from '../../testkit/raw-connections.ts';
import { until } from '../../testkit/until.ts';
import { type EmbeddedGateway, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

/* One attacker attacks the ports of storage and API. `./airlock bench --case connections` measures with more attackers. */

/** Connection limits. They equal the defaults of a service, except for a shorter timeout for the first byte. */
const LIMITS = { total: 4096, perAddress: 256, firstByteMs: 1_000 };

/** More than twice the connections that one address may have. */
const OPENED = 600;

const connections = rawConnections();
afterEach(() => connections.close());
const open = (port: number, bytes = '', from = ATTACKER) => connections.open(port, bytes, from);

describe('the storage port', () => {
  let gateway: EmbeddedGateway;
  beforeAll(async () => {
    gateway = await startEmbeddedGateway({ connections: LIMITS });
  });
  afterAll(() => gateway?.close());

  it('serves other clients while an attacker occupies all of its allowed connections', async () => {
    const { port, store } = gateway;
    await Promise.all(Array.from({ length: OPENED }, () => open(port).connected));
    for (let count = 0; count < 20; count++) await store.ping();
    // A new connection must be accepted too, because the store keeps its connections open.
    expect((await fetch(`http://127.0.0.1:${port}/-/healthy`, { headers: { connection: 'close' } })).status).toBe(200);
    await untilLimited(connections.countOpen);
  });

  it('serves uploads and downloads of other clients while an attacker sends and reads slowly at signed URLs', async () => {
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
      for (let round = 0; round < 10; round++) {
        const { url: put } = await store.presignPut('uploads/b/1', { ...type, size: 5 });
        const close = { connection: 'close' };
        const headers = { ...close, 'content-type': 'video/mp4' };
        expect((await fetch(put, { method: 'PUT', headers, body: 'bytes' })).status).toBe(200);
        const get = await store.presignGet('uploads/b/1', { ...type, filename: 'b' });
        expect(await (await fetch(get, { headers: close })).text()).toBe('bytes');
      }
      // A connection that the attacker has just opened may exist for a moment until the server rejects it.
      const isLimited = () => {
        const { open } = stranger.counts();
        return open > 200 && open <= LIMITS.perAddress;
      };
      // The gateway can end many connections at once. The attacker then replaces them one by one.
      await until(isLimited, { what: 'the maximum of the attacker’s connections', everyMs: 5 });
      expect(stranger.counts().ended).toBeGreaterThan(300);
    } finally {
      stranger.end();
    }
    await until(async () => (await gateway.tempFiles()).length === 0, { what: 'the end of the attacker’s uploads' });
  });

  it('closes a silent connection within seconds', () => closesSilentConnection(gateway.port));
});

describe('the API port', () => {
  let api: TestApi;
  let port: number;
  beforeAll(async () => {
    api = await startApi({ connections: LIMITS });
    port = Number(new URL(await api.listen()).port);
  });
  afterAll(() => api?.close());

  it('limits the connections of an attacker, and serves other clients', async () => {
    await Promise.all(Array.from({ length: OPENED }, () => open(port).connected));
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    await untilLimited(connections.countOpen);
  });

  it('closes a silent connection within seconds', () => closesSilentConnection(port));

  it('closes a connection whose request head arrives byte by byte', async () => {
    const { socket, ended } = open(port, 'GET /livez HTTP/1.1\r\nx-drip: ');
    socket.resume();
    const started = performance.now();
    const drip = setInterval(() => socket.write('y'), 200);
    await ended.finally(() => clearInterval(drip));
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

/** Waits until the server has closed the connections that exceed the limit of an address. */
async function untilLimited(countOpen: () => number): Promise<void> {
  await until(() => countOpen() <= LIMITS.perAddress, { what: 'the limit of connections', everyMs: 5 });
}

async function closesSilentConnection(port: number): Promise<void> {
  const started = performance.now();
  await open(port, '', '127.0.0.3').ended;
  expect(performance.now() - started).toBeGreaterThan(LIMITS.firstByteMs * 0.8);
  // Without this limit, the time-out of request heads closes the connection.
  expect(performance.now() - started).toBeLessThan(HEAD_TIMES.headersTimeout * 0.9);
}

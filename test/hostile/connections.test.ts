import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmbeddedGateway, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

/*
 * A stranger without a key against the ports of storage and API. All of 127.0.0.0/8 is this machine, so that 127.0.0.2 can attack
 * and 127.0.0.1 be somebody else.
 */
const STRANGER = '127.0.0.2';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function open(
  port: number,
  send = '',
  from = STRANGER,
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
    gateway = await startEmbeddedGateway();
  });
  afterAll(() => gateway?.close());

  it('serves others while one stranger holds all the connections that it may', async () => {
    const { port, store } = gateway;
    await Promise.all(Array.from({ length: 1200 }, () => open(port).connected));
    const started = performance.now();
    for (let count = 0; count < 20; count++) await store.ping();
    // A new connection, too: the store keeps its own.
    expect((await fetch(`http://127.0.0.1:${port}/-/healthy`, { headers: { connection: 'close' } })).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(2_000);
    await vi.waitFor(() => expect(sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(256), 4_000);
  });

  it('ends a connection that says nothing within seconds', () => endsTheSilent(gateway.port));
});

describe("the API's port", () => {
  let api: TestApi;
  let port: number;
  beforeAll(async () => {
    api = await startApi();
    port = Number(new URL(await api.listen()).port);
  });
  afterAll(() => api?.close());

  it('takes no more of one stranger than it may, and serves others', async () => {
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
  expect(performance.now() - started).toBeGreaterThan(4_000);
  expect(performance.now() - started).toBeLessThan(8_000);
}

import { createServer, get, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, expect, it, vi } from 'vitest';
import { type ConnectionGuard, type ConnectionLimits, guardConnections } from './connection-guard.ts';

const LIMITS: ConnectionLimits = { total: 8, perAddress: 4, firstByteMs: 60_000 };
const HELD = 'GET /held HTTP/1.1\r\nhost: h\r\n\r\n';

interface World {
  guard: ConnectionGuard;
  port: number;
  /** Opens a connection from the local address. */
  open(address: string): Socket;
  reported: object[];
}

const sockets: Socket[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Responds to every request except requests for /held, which stay open. */
const answer: RequestListener = (request, response) => {
  if (request.url !== '/held') response.end('ok');
};

async function start(
  changes: Partial<ConnectionLimits & { trustProxy: string[]; host: string }> = {},
  server: Server = createServer(answer),
): Promise<World> {
  const { trustProxy = [], host = '127.0.0.1', ...limits } = changes;
  const reported: object[] = [];
  const guard = guardConnections(server, {
    limits: { ...LIMITS, ...limits },
    trustProxy,
    onRejected: (summary) => reported.push(summary),
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const open = (address: string) => {
    const socket = connect({ port, host, localAddress: address });
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  };
  return { guard, port, open, reported };
}

const ended = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
const openCount = (world: World, count: number) => vi.waitFor(() => expect(world.guard.counts().open).toBe(count));

async function fill(world: World, address: string, count: number): Promise<Socket[]> {
  const before = world.guard.counts().open;
  const opened = Array.from({ length: count }, () => world.open(address));
  await openCount(world, before + count);
  return opened;
}

function status(world: World, localAddress: string): Promise<number | string> {
  return new Promise((resolve) => {
    const outgoing = get({ port: world.port, host: '127.0.0.1', localAddress, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
  });
}

it('the guard rejects connections over the limit of an address, and serves other addresses', async () => {
  const world = await start();
  const [first] = await fill(world, '127.0.0.2', 4);
  await ended(world.open('127.0.0.2'));
  expect(await status(world, '127.0.0.1')).toBe(200);
  first!.destroy();
  await openCount(world, 3);
  expect(await status(world, '127.0.0.2')).toBe(200);
  expect(world.guard.counts().rejected).toMatchObject({ address_limit: 1, total_limit: 0 });
});

it('the guard rejects connections that an address opens too fast, and serves other addresses', async () => {
  const world = await start({ newPerMinute: 60 });
  expect(await status(world, '127.0.0.2')).toBe(200);
  expect(await status(world, '127.0.0.2')).toBe(200);
  expect(await status(world, '127.0.0.2')).toBe('ECONNRESET');
  expect(await status(world, '127.0.0.1')).toBe(200);
  expect(world.guard.counts().rejected).toMatchObject({ address_rate: 1, address_limit: 0 });
  await vi.waitFor(async () => expect(await status(world, '127.0.0.2')).toBe(200), { timeout: 5_000 });
});

it('the guard counts a connection that it closes for pipelining as many new connections of its address', async () => {
  const server = createServer((request) => world.guard.closePipelined(request.socket));
  const world = await start({ perAddress: 36, newPerMinute: 1 }, server);
  const statuses = [];
  for (let count = 0; count < 3; count++) statuses.push(await status(world, '127.0.0.2'));
  expect(statuses).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
  expect(world.guard.counts().rejected).toMatchObject({ pipelined: 2, address_rate: 1 });
  expect(world.guard.counts().open).toBe(0);
});

it('the guard counts a connection whose client does not send the body as several new connections of its address', async () => {
  const server = createServer((request, response) => {
    world.guard.countUnsent(request.socket);
    response.end();
  });
  const world = await start({ perAddress: 36, newPerMinute: 1 }, server);
  const statuses = [];
  for (let count = 0; count < 3; count++) statuses.push(await status(world, '127.0.0.2'));
  expect(statuses).toEqual([200, 200, 'ECONNRESET']);
  expect(await status(world, '127.0.0.1')).toBe(200);
  expect(world.guard.counts().rejected).toMatchObject({ address_rate: 1 });
});

it('the guard evicts an idle connection of the address with the most connections to accept a connection of another address', async () => {
  const world = await start({ total: 6 });
  const greedy = await fill(world, '127.0.0.2', 4);
  greedy[0]!.write(HELD);
  await fill(world, '127.0.0.3', 2);
  const evicted = ended(greedy[1]!);
  expect(await status(world, '127.0.0.1')).toBe(200);
  await evicted;
  expect(greedy[0]!.closed).toBe(false);
  expect(world.guard.counts().rejected).toMatchObject({ evicted: 1, total_limit: 0 });
});

it('the guard evicts no connection whose request is authenticated', async () => {
  const server = createServer((request) => world.guard.protect(request));
  const world: World = await start({ total: 4 }, server);
  const busy = await fill(world, '127.0.0.2', 3);
  const [single] = await fill(world, '127.0.0.3', 1);
  const running = new Promise<void>((resolve) => server.on('request', () => resolve()));
  for (const socket of [...busy, single!]) socket.write(HELD);
  await running;
  await vi.waitFor(async () => expect(await status(world, '127.0.0.3')).toBe('ECONNRESET'));
  expect(busy.some((socket) => socket.closed)).toBe(false);
  expect(world.guard.counts()).toMatchObject({ open: 4, rejected: { evicted: 0 } });
});

it('the guard evicts no connection of an address that has no more connections than the address of the new connection', async () => {
  const world = await start({ total: 4 });
  const idle = [...(await fill(world, '127.0.0.2', 2)), ...(await fill(world, '127.0.0.3', 2))];
  await ended(world.open('127.0.0.3'));
  expect(idle.some((socket) => socket.closed)).toBe(false);
  expect(world.guard.counts()).toMatchObject({ open: 4, rejected: { evicted: 0, total_limit: 1 } });
});

it('the guard evicts a connection whose request is not authenticated if no connection is idle', async () => {
  const world = await start({ total: 3 });
  const busy = await fill(world, '127.0.0.2', 3);
  for (const socket of busy) socket.write(HELD);
  const evicted = Promise.race(busy.map(ended));
  await vi.waitFor(async () => expect(await status(world, '127.0.0.1')).toBe(200));
  await evicted;
  expect(world.guard.counts().rejected.evicted).toBeGreaterThan(0);
});

it('the guard closes a connection that sends nothing, and a connection that does not complete its headers in time', async () => {
  const server = createServer({ headersTimeout: 2_000, connectionsCheckingInterval: 100 }, answer);
  server.on('clientError', (_error, socket) => socket.destroy());
  const world = await start({ firstByteMs: 100 }, server);
  const silent = world.open('127.0.0.1');
  const slow = world.open('127.0.0.1');
  slow.resume();
  slow.write('GET / HTTP/1.1\r\nx: ');
  const drip = setInterval(() => slow.write('y'), 20);
  await Promise.all([ended(silent), ended(slow)]);
  clearInterval(drip);
  await openCount(world, 0);
  expect(world.guard.counts().rejected).toMatchObject({ silent: 1, slow_head: 1 });
});

it('the guard applies only the total limit to a proxy', async () => {
  const world = await start({ trustProxy: ['127.0.0.2/32'], total: 6 });
  await fill(world, '127.0.0.2', 6);
  await ended(world.open('127.0.0.1'));
  expect(world.guard.counts().rejected).toMatchObject({ total_limit: 1, evicted: 0 });
});

it('the guard counts connections before TLS, and closes idle sessions gracefully', async () => {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', curve: 'P-256' });
  const world = await start({ perAddress: 1 }, createTlsServer({ cert: pems.cert, key: pems.private }, answer));
  const session = connectTls({ port: world.port, host: '127.0.0.1', rejectUnauthorized: false });
  const text = new Promise<string>((resolve) => session.once('data', (chunk) => resolve(String(chunk))));
  session.write('GET / HTTP/1.1\r\nhost: h\r\n\r\n');
  expect(await text).toMatch(/^HTTP\/1.1 200/);
  await ended(world.open('127.0.0.1'));
  expect(world.guard.counts()).toMatchObject({ open: 1, rejected: { address_limit: 1 } });
  const over = new Promise((resolve) => session.once('end', resolve));
  world.guard.closeIdle();
  await over;
});

it('the guard reports rejections as totals, so that clients cannot fill the log', async () => {
  const world = await start({ perAddress: 1 });
  await fill(world, '127.0.0.2', 1);
  for (let count = 0; count < 5; count++) await ended(world.open('127.0.0.2'));
  await vi.waitFor(() => expect(world.reported).toHaveLength(1), { timeout: 3000 });
  expect(world.reported).toEqual([{ address: '127.0.0.2', rejected: { address_limit: 5 }, open: 1 }]);
});

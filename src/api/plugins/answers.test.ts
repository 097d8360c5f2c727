import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { readSteadily } from '../../../testkit/slow-reader.ts';
import { until } from '../../../testkit/until.ts';
import type { App } from '../types.ts';
import { type AnswerBounds, registerAnswers } from './answers.ts';
import { registerErrors } from './errors.ts';

/** A body with more bytes than the kernel buffers on both ends of a loopback connection. */
const LARGE = Buffer.alloc(24 * 1024 * 1024, 'x');
const MEDIUM = Buffer.alloc(8_000_000, 'x');
/**
 * Returns limits for this number of unread large responses in total. Unless the pool is nearly full, an account may leave `each` responses
 * unread before further requests are rejected.
 */
const shape = (responses: number, each: number) => ({
  places: responses * LARGE.length,
  share: 1,
  reserved: Math.floor(responses / 4) * LARGE.length,
  quiet: each * LARGE.length - 1,
});
const QUICK = { bytes: 65_536, windowMs: 300 };

describe('the limits of responses', () => {
  const open: { app: App; sockets: Socket[] }[] = [];
  afterEach(async () => {
    for (const { app, sockets } of open.splice(0)) {
      for (const socket of sockets) socket.destroy();
      await app.close();
    }
  });

  async function start(changes: Partial<AnswerBounds>) {
    const bounds = { rate: { bytes: 65_536, windowMs: 60_000 }, unread: shape(1_000, 1_000), ...changes };
    const app = Fastify({ forceCloseConnections: true }) as unknown as App;
    registerErrors(app, { publicUrl: null }, { methodsOf: () => [], suggestPath: () => null });
    app.decorateRequest('caller', null);
    app.addHook('onRequest', async (request) => {
      const { account } = request.headers;
      request.caller = account ? ({ id: account, account: { id: account } } as never) : null;
    });
    registerAnswers(app, bounds);
    // All requests of a client pass the first check before the first response is counted.
    app.get('/large', async () => delay(200, LARGE));
    app.get('/medium', async () => MEDIUM);
    app.get('/small', async () => 'small');
    app.get('/open', { config: { scope: 'open' } }, async () => 'open');
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const sockets: Socket[] = [];
    open.push({ app, sockets });
    return {
      app,
      get: (path: string, account = '') => fetch(`${address}${path}`, { headers: { account } }),
      /** Whether a response of the account waits for its client. */
      isUnread: async (account: string) => (await fetch(`${address}/small`, { headers: { account } })).status === 429,
      /** Sends a request, and reads nothing while the socket is paused. */
      ask(path: string, { from = '127.0.0.1', account = '' } = {}): Socket {
        const socket = connect({ port: Number(new URL(address).port), host: '127.0.0.1', localAddress: from });
        sockets.push(socket);
        socket.on('error', () => {});
        socket.pause();
        socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\naccount: ${account}\r\nconnection: close\r\n\r\n`);
        return socket;
      },
      connections: () => new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count))),
    };
  }

  it('a response that the client does not read is cut off, and its memory is freed', async () => {
    const { ask, get, connections } = await start({ rate: QUICK, unread: shape(100, 1) });
    ask('/large', { account: 'a' });
    await until(async () => (await get('/small', 'a')).status === 429, { what: 'the response to count' });
    expect(await (await get('/small', 'b')).text()).toBe('small');
    expect(await connections()).toBeGreaterThan(0);
    await until(async () => (await get('/small', 'a')).status === 200, { what: 'the response to count no longer' });
  });

  it('an address that leaves too much unread gets 429, and other addresses and accounts are served', async () => {
    const { ask, get } = await start({ unread: shape(100, 1) });
    ask('/large', { from: '127.0.0.2' });
    const rejected = async () => {
      const socket = ask('/open', { from: '127.0.0.2' });
      const text = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
      socket.resume();
      return (await text).startsWith('HTTP/1.1 429');
    };
    await until(rejected, { what: 'the response to count' });
    expect(await (await get('/open')).text()).toBe('open');
    expect(await (await get('/small', 'a')).text()).toBe('small');
  });

  it.each([2, 6, 40])('%i accounts that leave responses unread leave room for a new account', async (count) => {
    const { ask, get, isUnread } = await start({ unread: shape(64, 3) });
    for (let account = 0; account < count; account++) {
      for (let times = 0; times < 6; times++) ask('/large', { account: `a${account}` });
    }
    const last = `a${count - 1}`;
    await until(() => isUnread(last), { what: 'a response of each account' });
    for (let times = 0; times < 10; times++) {
      const from = performance.now();
      expect(await (await get('/small', 'new')).text()).toBe('small');
      expect(performance.now() - from).toBeLessThan(2_000);
    }
  });

  it('an account without unread responses gets 503 when the pool is full, and an open route still responds', async () => {
    const { ask, get } = await start({ unread: { places: LARGE.length, share: 1, reserved: 0 } });
    ask('/large', { account: 'a' });
    await until(async () => (await get('/small', 'b')).status === 503, { what: 'the full pool' });
    expect(await (await get('/open')).text()).toBe('open');
  });

  // The client reads nine times as fast as required. At the usual minimum rate of 64 KiB in 60 seconds, it would read 10 KB a second.
  it('a response is complete for a client that reads slowly and steadily', async () => {
    const { ask } = await start({ rate: { bytes: 65_536, windowMs: 1_500 } });
    const read = await readSteadily(ask('/medium'), { bytes: 10_000, everyMs: 25, forMs: 4_000 });
    expect(read).toBeGreaterThan(MEDIUM.length);
  });

  it('a large and a small response have a content length', async () => {
    const { get } = await start({});
    const large = await get('/large');
    expect(large.headers.get('content-length')).toBe(String(LARGE.length));
    expect((await large.text()).length).toBe(LARGE.length);
    expect((await get('/small')).headers.get('content-length')).toBe('5');
  });
});

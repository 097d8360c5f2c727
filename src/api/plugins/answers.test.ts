import { connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import type { App } from '../types.ts';
import { type AnswerBounds, registerAnswers } from './answers.ts';
import { registerErrors } from './errors.ts';

/** More than the kernel buffers of both ends of a loopback connection take. */
const ANSWER_BYTES = 24 * 1024 * 1024;

describe('a response', () => {
  const open: { app: App; sockets: Socket[] }[] = [];
  afterEach(async () => {
    for (const { app, sockets } of open.splice(0)) {
      for (const socket of sockets) socket.destroy();
      await app.close();
    }
  });

  async function start(changes: Partial<AnswerBounds>) {
    const unbounded = { pendingBytes: Number.POSITIVE_INFINITY, ownerBytes: Number.POSITIVE_INFINITY };
    const bounds = { stallMs: 10_000, ...unbounded, ...changes };
    const app = Fastify({ forceCloseConnections: true }) as unknown as App;
    registerErrors(app, { publicUrl: null }, { methodsOf: () => [], suggestPath: () => null });
    registerAnswers(app, bounds);
    app.get('/large', async () => 'x'.repeat(ANSWER_BYTES));
    app.get('/small', async () => 'small');
    app.get('/open', { config: { scope: 'open' } }, async () => 'open');
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const sockets: Socket[] = [];
    open.push({ app, sockets });
    return {
      app,
      get: (path: string) => fetch(`${address}${path}`),
      /** Sends a request, and reads nothing while the socket is paused. */
      ask(path: string, from = '127.0.0.1'): Socket {
        const socket = connect({ port: Number(new URL(address).port), host: '127.0.0.1', localAddress: from });
        sockets.push(socket);
        socket.on('error', () => {});
        socket.pause();
        socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
        return socket;
      },
      connections: () => new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count))),
    };
  }

  it('a response that the client does not read is cut off, and its memory is freed', async () => {
    const { ask, get, connections } = await start({ stallMs: 300, pendingBytes: ANSWER_BYTES - 1 });
    ask('/large');
    await until(async () => (await get('/small')).status === 503, { what: 'the answer to count' });
    expect(await (await get('/open')).text()).toBe('open');
    expect(await connections()).toBeGreaterThan(0);
    await until(async () => (await get('/small')).status === 200, { what: 'the answer to count no longer' });
  });

  it('is not sent to an address that leaves too much unread, and is sent to others', async () => {
    const { ask, get } = await start({ ownerBytes: ANSWER_BYTES - 1 });
    ask('/large', '127.0.0.2');
    const rejected = async () => {
      const socket = ask('/open', '127.0.0.2');
      const text = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
      socket.resume();
      return (await text).startsWith('HTTP/1.1 429');
    };
    await until(rejected, { what: 'the response to count' });
    expect(await (await get('/open')).text()).toBe('open');
  });

  it('is complete for a client that reads slowly but continues', async () => {
    const { ask } = await start({ stallMs: 1500 });
    const socket = ask('/large');
    let bytes = 0;
    // A pause after each 2 MB, and all of them together take longer than one may.
    socket.on('data', (chunk) => {
      const before = bytes;
      bytes += chunk.length;
      if (Math.floor(before / 2e6) === Math.floor(bytes / 2e6)) return;
      socket.pause();
      setTimeout(() => socket.resume(), 150);
    });
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await ended;
    expect(bytes).toBeGreaterThan(ANSWER_BYTES);
  });

  it('has a content length, large or small', async () => {
    const { get } = await start({});
    const large = await get('/large');
    expect(large.headers.get('content-length')).toBe(String(ANSWER_BYTES));
    expect((await large.text()).length).toBe(ANSWER_BYTES);
    expect((await get('/small')).headers.get('content-length')).toBe('5');
  });
});

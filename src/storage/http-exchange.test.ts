import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as setImmediatePromise } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { httpServer, listen } from '../../testkit/servers.ts';
import { until } from '../../testkit/until.ts';
import { loadTls } from '../config/tls.ts';
import { openExchange } from './http-exchange.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('the kernel detects within seconds that the peer of a TLS connection has disappeared', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-exchange-'));
  const material = (await loadTls({ mode: 'auto' }, folder, ['127.0.0.1']))!;
  const { cert, key } = material;
  const server = await listen(httpServer((_, response) => response.end('hello'), { cert, key }));
  const ca = await readFile(join(folder, 'tls', 'cert.pem'), 'utf8');
  const exchange = openExchange({ connections: 1, ca });
  const asked = vi.spyOn(Socket.prototype, 'setKeepAlive');
  try {
    const url = `${server.url}/`;
    const response = await exchange.send(url, { method: 'GET', headers: {} });
    // Check before the body is read: afterwards, the agent turns on keep-alive for the connection that waits in its pool.
    expect(asked.mock.calls).toEqual([[true, 10_000]]);
    expect(await text(response)).toBe('hello');
  } finally {
    exchange.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

it('an aborted PUT whose body was sent ends after its response, or immediately if outcomeMs is 0', async () => {
  const received: ServerResponse[] = [];
  const server = await listen(
    httpServer(async (request, response) => {
      await buffer(request);
      received.push(response);
    }),
  );
  const put = (outcomeMs: number, signal: AbortSignal) => {
    const exchange = openExchange({ connections: 1, times: { connectMs: 5_000, silenceMs: 5_000, outcomeMs } });
    const order: string[] = [];
    const sent = exchange.send(`${server.url}/`, { method: 'PUT', headers: {}, body: 'bytes', signal });
    const ended = expect(sent).rejects.toMatchObject({ code: 'ABORT_ERR' });
    return { exchange, order, ended: ended.then(() => order.push('ended')) };
  };
  try {
    for (const [outcomeMs, order] of [
      [5_000, ['response', 'ended']],
      [0, ['ended']],
    ] as const) {
      const stopping = new AbortController();
      const own = put(outcomeMs, stopping.signal);
      await until(() => received.length === 1, { what: 'the body' });
      stopping.abort();
      if (outcomeMs > 0) {
        // The exchange does not end before the response.
        await setImmediatePromise();
        own.order.push('response');
        received[0]!.writeHead(200).end();
      }
      await own.ended;
      expect(own.order).toEqual(order);
      received.length = 0;
      own.exchange.close();
    }
  } finally {
    await server.close();
  }
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it, vi } from 'vitest';
import { httpServer, listen } from '../../testkit/servers.ts';
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

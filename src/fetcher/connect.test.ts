import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Listening, listen, tcpServer } from '../../testkit/servers.ts';
import type { AddressVerdict } from './addresses.ts';
import { type ConnectGuard, connectGuarded } from './connect.ts';
import { createLookup } from './lookup.ts';

let received = 0;
const server = tcpServer((socket) => socket.on('data', (data) => (received += data.length)));
let listening: Listening;
beforeAll(async () => {
  listening = await listen(server);
});
afterAll(() => listening?.close());

/** Opens a connection through the guard and resolves to the error of the attempt. */
function attempt(guard: Partial<ConnectGuard>, protocol: string): Promise<unknown> {
  const url = new URL(`${protocol}//127.0.0.1:${listening.port}`);
  const signal = new AbortController().signal;
  return connectGuarded(url, { policy: () => 'allowed', ports: [], lookup: createLookup(), signal, ...guard }).then(
    (socket) => void socket.destroy(),
    (error) => error,
  );
}

it('a connection sends no byte, not even a TLS hello, if its address is rejected after connecting', async () => {
  for (const protocol of ['http:', 'https:']) {
    const verdicts: AddressVerdict[] = ['allowed', 'rejected'];
    const connection = once(server, 'connection');
    const error = await attempt({ policy: () => verdicts.shift() ?? 'rejected' }, protocol);
    expect(error).toMatchObject({ code: 'source_refused' });
    const [socket] = await connection;
    if (!socket.closed) await once(socket, 'close');
  }
  expect(received).toBe(0);
});

it('a connection times out if the peer never finishes the TLS handshake', async () => {
  const error = await attempt({ connectTimeoutMs: 100 }, 'https:');
  expect(error).toMatchObject({ code: 'source_unreachable', retry: true });
});

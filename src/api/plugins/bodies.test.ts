import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import type { App } from '../types.ts';
import { registerBodies } from './bodies.ts';

const BODY = JSON.stringify('x'.repeat(100_000));

describe('large bodies', () => {
  const app = Fastify() as unknown as App;
  let port: number;
  let begun = 0;
  beforeAll(async () => {
    app.decorateRequest('caller', null);
    app.addHook('onRequest', async (request) => {
      begun++;
      request.caller = { account: { id: request.headers.account } } as never;
    });
    registerBodies(app);
    app.post('/', async () => 'read');
    port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  });
  afterAll(() => app.close());

  /** Sends the head of a request that announces `BODY.length` bytes, then `body`, which is the complete body or only its start. */
  function send(account: string, body: string) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    const sent = { socket, response: '' };
    socket.on('data', (chunk) => {
      sent.response += chunk;
    });
    const type = 'content-type: application/json';
    socket.write(
      `POST / HTTP/1.1\r\nhost: a\r\naccount: ${account}\r\n${type}\r\ncontent-length: ${BODY.length}\r\n\r\n`,
    );
    socket.write(body);
    return sent;
  }
  const isRead = ({ response }: { response: string }) => response.startsWith('HTTP/1.1 200');

  it('of one account are read four at a time, while the bodies of other accounts and small bodies are read immediately', async () => {
    const stopped: Socket[] = [];
    for (let count = 0; count < 4; count++) stopped.push(send('greedy', BODY.slice(0, 10)).socket);
    await until(() => begun === 4, { what: 'the bodies that stop' });
    const own = send('greedy', BODY);
    const other = send('other', BODY);
    await until(() => isRead(other), { what: 'the response to the other account' });
    const small = await fetch(`http://127.0.0.1:${port}/`, {
      ...{ method: 'POST', body: '{}' },
      headers: { account: 'greedy', 'content-type': 'application/json' },
    });
    expect(small.status).toBe(200);
    for (let count = 0; count < 10; count++) await turn();
    expect(own.response).toBe('');
    stopped[0]!.destroy();
    await until(() => isRead(own), { what: 'the response to the fifth body' });
    for (const { socket } of [own, other]) socket.destroy();
    for (const socket of stopped) socket.destroy();
  });
});

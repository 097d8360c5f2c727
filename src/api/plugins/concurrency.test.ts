import { connect } from 'node:net';
import Fastify from 'fastify';
import { afterAll, expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import { KEY_REQUESTS } from '../../contract/limits.ts';
import type { App } from '../types.ts';
import { registerConcurrency } from './concurrency.ts';

const app = Fastify() as unknown as App;
afterAll(() => app.close());

it('a client that disconnects while its key is looked up occupies no slot', async () => {
  let lookedUp = () => {};
  const lookUp = new Promise<void>((resolve) => {
    lookedUp = resolve;
  });
  let [asked, open] = [0, 0];
  app.decorate('gate', { endStart: () => {} });
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    asked += 1;
    await lookUp;
    request.caller = { id: 'key', by: { key: {} }, account: { id: 'account' } } as never;
  });
  registerConcurrency(app);
  app.get('/', async () => 'ok');
  app.server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  const gone = Array.from({ length: KEY_REQUESTS.active }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    return socket;
  });
  await until(() => asked === gone.length, { what: 'the requests' });
  for (const socket of gone) socket.destroy();
  await until(() => open === 0, { what: 'the end of their connections' });
  lookedUp();
  expect((await app.inject('/')).statusCode).toBe(200);
});

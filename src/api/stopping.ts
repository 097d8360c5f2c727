import type { Socket } from 'node:net';
import type { App } from './types.ts';

/**
 * Lets `close()` end soon. The signal that it returns aborts when closing begins, for handlers that wait on purpose.
 * Connections on which nothing was ever asked are closed then: browsers open such ahead of need, and Node counts
 * them as busy.
 */
export function registerStopping(app: App): AbortSignal {
  const stopping = new AbortController();
  const silent = new Map<string, Socket>();
  // By address: with TLS, the socket of a request is another object than that of its connection.
  const peer = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  app.server.on('connection', (socket: Socket) => {
    const name = peer(socket);
    silent.set(name, socket);
    socket.once('close', () => silent.delete(name));
  });
  app.server.on('request', (request: { socket: Socket }) => silent.delete(peer(request.socket)));
  app.addHook('preClose', async () => {
    stopping.abort();
    for (const socket of silent.values()) socket.destroy();
  });
  // A connection that becomes idle after this would be kept until its client lets go.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close');
  });
  return stopping.signal;
}

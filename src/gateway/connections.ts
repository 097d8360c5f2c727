import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Follows which connections serve a request. `Server.closeIdleConnections` leaves those open that never sent one, and
 * browsers open such ahead of need. Returns the function that closes all that serve none.
 */
export function trackConnections(server: Server, secure: boolean): () => void {
  const busy = new Map<Socket, number>();
  const add = (socket: Socket, change: number): void => {
    const count = busy.get(socket);
    if (count !== undefined) busy.set(socket, count + change);
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    add(socket, 1);
    response.once('close', () => add(socket, -1));
  };
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    busy.set(socket, 0);
    socket.once('close', () => busy.delete(socket));
  });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  return () => {
    for (const [socket, requests] of busy) if (requests === 0) socket.destroySoon();
  };
}

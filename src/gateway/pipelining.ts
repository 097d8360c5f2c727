import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Maximum of queued requests per connection. Browsers, S3 clients and proxies do not pipeline. */
const MAX_WAITING = 16;

const waiting = new WeakMap<Socket, number>();

/**
 * Starts a request after the earlier ones on its connection have been answered. Node starts pipelined requests
 * concurrently: one connection could open any number of downloads, and a response that waits for earlier ones gets no
 * event when the connection closes.
 */
export function answerInOrder(request: IncomingMessage, response: ServerResponse, start: () => void): void {
  if (response.socket) {
    start();
    return;
  }
  const { socket } = request;
  const before = waiting.get(socket) ?? 0;
  if (before >= MAX_WAITING) {
    socket.destroy();
    return;
  }
  waiting.set(socket, before + 1);
  response.once('socket', () => {
    waiting.set(socket, waiting.get(socket)! - 1);
    start();
  });
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait. Browsers, S3 clients and proxies send none before they have their answer. */
const MOST_WAITING = 16;

const waiting = new WeakMap<Socket, number>();

/**
 * Starts a request when those before it on its connection are answered. Node starts them all concurrently: one
 * connection could open any number of downloads, and a response that waits for earlier ones gets no event when the
 * connection closes.
 */
export function answerInOrder(request: IncomingMessage, response: ServerResponse, start: () => void): void {
  if (response.socket) {
    start();
    return;
  }
  const { socket } = request;
  const before = waiting.get(socket) ?? 0;
  if (before >= MOST_WAITING) {
    socket.destroy();
    return;
  }
  waiting.set(socket, before + 1);
  response.once('socket', () => {
    waiting.set(socket, waiting.get(socket)! - 1);
    start();
  });
}

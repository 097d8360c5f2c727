import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const waiting = new WeakMap<Socket, number>();

export interface OrderBounds {
  /** Maximum number of requests of a connection that wait for earlier requests. */
  maxWaiting: number;
  /** Closes a connection on which more than `maxWaiting` requests would wait. */
  close: (socket: Socket) => void;
}

/**
 * Starts a request after the responses to the earlier requests on its connection. Node starts pipelined requests concurrently: one
 * connection could start any number of them, and a response that waits for earlier responses gets no event when the connection closes.
 * Closes a connection with too many waiting requests: browsers, S3 clients and proxies do not pipeline.
 */
export function respondInOrder(
  request: IncomingMessage,
  response: ServerResponse,
  { maxWaiting, close }: OrderBounds,
  start: () => void,
): void {
  if (response.socket) {
    start();
    return;
  }
  const { socket } = request;
  if (socket.destroyed) return;
  const before = waiting.get(socket) ?? 0;
  if (before >= maxWaiting) {
    stopParsing(socket);
    close(socket);
    return;
  }
  waiting.set(socket, before + 1);
  response.once('socket', () => {
    waiting.set(socket, waiting.get(socket)! - 1);
    start();
  });
}

/** A result of `onIncoming` that Node's parser takes as the end of HTTP on a connection, so that it parses no further requests. */
const END_OF_HTTP = 2;

/**
 * Stops the parser of a connection. Otherwise, Node would parse all requests of the received chunk of up to 64 KiB, even after the
 * connection is destroyed. A thousand small requests would take 5 MB. Node has no public function that stops the parser.
 */
function stopParsing(socket: Socket): void {
  const { parser } = socket as Socket & { parser?: { onIncoming?: () => number } | null };
  if (parser?.onIncoming) parser.onIncoming = () => END_OF_HTTP;
}

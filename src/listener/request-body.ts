import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Maximum milliseconds in which the rest of a body must arrive after the response has been sent. */
const REST_MS = 5_000;
/** Maximum bytes of the rest of a body: the largest body of the API, plus a margin. */
const REST_BYTES = 2 * 1024 * 1024;
/** Maximum bytes of the rest of a chunked body. A chunk of one byte costs Node as much time as a large chunk. */
const CHUNKED_REST_BYTES = 128 * 1024;
const CHECK_MS = 250;
/** Milliseconds after which a connection whose body is no longer read is destroyed. Until then, the client can read the response. */
const UNREAD_MS = 1_000;

export function isBodyAnnounced(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

interface RestBounds {
  /** Counts the bytes of the rest of a body. Returns false if the rest must not be read. */
  spend: (bytes: number) => boolean;
  /** Called for a connection that is closed because its client has not sent a complete body. */
  onUnsent: (socket: Socket) => void;
}

/**
 * Bounds the bytes that a client may send after the response to its request. Node reads and discards the rest of a body, so that the client
 * can read the response and use the connection again. Without a bound, Node reads for as long as a request may take. If `spend` returns
 * false, the connection is closed once the client has had a second to read the response.
 */
export function boundRestOfBody(
  request: IncomingMessage,
  response: ServerResponse,
  { spend, onUnsent }: RestBounds,
): void {
  response.once('finish', () => {
    if (request.complete) return;
    const { socket } = request;
    // Node closes the connection after a response to `Expect: 100-continue` that did not request the body.
    if (!response.shouldKeepAlive) return onUnsent(socket);
    if (!spend(restBytes(request.headers))) {
      onUnsent(socket);
      // Node resumes the socket again in this turn of the event loop, to discard the rest.
      setImmediate(() => socket.pause());
      const end = setTimeout(() => socket.destroy(), UNREAD_MS);
      socket.once('close', () => clearTimeout(end));
      return;
    }
    endUnsent(request, onUnsent);
  });
}

/** Closes the connection if the rest of the body exceeds its maximum of bytes or milliseconds. */
function endUnsent(request: IncomingMessage, onUnsent: RestBounds['onUnsent']): void {
  const { socket } = request;
  const lastByte = socket.bytesRead + (request.headers['transfer-encoding'] ? CHUNKED_REST_BYTES : REST_BYTES);
  const deadline = performance.now() + REST_MS;
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) return clearInterval(timer);
    if (socket.bytesRead <= lastByte && performance.now() <= deadline) return;
    clearInterval(timer);
    onUnsent(socket);
    socket.destroy();
  }, CHECK_MS);
}

/** Returns the maximum number of bytes of a body that are read after the response. */
function restBytes(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return CHUNKED_REST_BYTES;
  return Math.min(Number(headers['content-length']), REST_BYTES);
}

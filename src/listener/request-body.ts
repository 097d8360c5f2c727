import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** Time for the rest of a body after the response has been sent, milliseconds. */
const REST_MS = 5_000;
/** Bytes of that rest: the largest body of the API, and a margin. */
const REST_BYTES = 2 * 1024 * 1024;
/** Bytes of the rest of a chunked body. A chunk of one byte costs Node as much time as a large one. */
const CHUNKED_REST_BYTES = 128 * 1024;
const CHECK_MS = 250;

export function isBodyAnnounced(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Bounds what a client may send after its request has been answered. Node reads and discards the rest of a body, so that
 * the client can read the response and use the connection again; without a bound, for as long as a request may take.
 */
export function boundRestOfBody(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    const { socket } = request;
    const lastByte = socket.bytesRead + (request.headers['transfer-encoding'] ? CHUNKED_REST_BYTES : REST_BYTES);
    const deadline = performance.now() + REST_MS;
    const timer = setInterval(() => {
      if (socket.bytesRead > lastByte || performance.now() > deadline) socket.destroy();
      if (request.complete || socket.destroyed) clearInterval(timer);
    }, CHECK_MS);
  });
}

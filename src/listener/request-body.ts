import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** Time for the rest of a body after the response has been sent, milliseconds. */
const REST_MS = 5_000;
/** Bytes of that rest: the largest body of the API, and a margin. */
const REST_BYTES = 2 * 1024 * 1024;
/** Bytes of the rest of a chunked body. A chunk of one byte costs Node as much time as a large one. */
const CHUNKED_REST_BYTES = 128 * 1024;
const CHECK_MS = 250;
/** Time to read the response for a client whose body is not read to its end, milliseconds. */
const UNREAD_MS = 1_000;

export function isBodyAnnounced(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Bounds what a client may send after the response to its request. Node reads and discards the rest of a body, so that the
 * client can read the response and use the connection again. Without a bound, Node reads for as long as a request may take.
 * @param spend counts the bytes of such a rest. If it returns false, nothing more is read, and the connection is closed once
 *   the client has had a second to read the response.
 */
export function boundRestOfBody(
  request: IncomingMessage,
  response: ServerResponse,
  spend: (bytes: number) => boolean,
): void {
  response.once('finish', () => {
    if (request.complete) return;
    const { socket } = request;
    if (!spend(restBytes(request.headers))) {
      // Node resumes the socket once more in this turn of the event loop, to discard the rest.
      setImmediate(() => socket.pause());
      const end = setTimeout(() => socket.destroy(), UNREAD_MS);
      socket.once('close', () => clearTimeout(end));
      return;
    }
    const lastByte = socket.bytesRead + (request.headers['transfer-encoding'] ? CHUNKED_REST_BYTES : REST_BYTES);
    const deadline = performance.now() + REST_MS;
    const timer = setInterval(() => {
      if (socket.bytesRead > lastByte || performance.now() > deadline) socket.destroy();
      if (request.complete || socket.destroyed) clearInterval(timer);
    }, CHECK_MS);
  });
}

/** Upper bound of what is read of a body after the response. */
function restBytes(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return CHUNKED_REST_BYTES;
  return Math.min(Number(headers['content-length']), REST_BYTES);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { S3Error } from './errors.ts';
import { document, element } from './xml.ts';

/** Bytes of a refused body that are read and dropped, so that the client gets to read the answer; then the connection ends. */
const DRAIN_BYTES = 8_388_608;
const DRAIN_MS = 5_000;
/** `Retry-After` of a client that must slow down, seconds. */
const RETRY_AFTER = '10';

/** What every answer carries: nothing from this origin is rendered, run, sniffed or cached. */
export function setBaseHeaders(response: ServerResponse, requestId: string, tls: boolean): void {
  response.setHeader('x-request-id', requestId);
  response.setHeader('x-amz-request-id', requestId);
  response.setHeader('cache-control', 'private, no-store');
  response.setHeader('content-disposition', 'attachment');
  response.setHeader('content-security-policy', "sandbox; default-src 'none'");
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  if (tls) response.setHeader('strict-transport-security', 'max-age=31536000');
}

export function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) }).end(xml);
}

/** Answers with an error document immediately, without waiting for the body. */
export function refuse(request: IncomingMessage, response: ServerResponse, error: S3Error, requestId: string): void {
  if (response.headersSent || response.destroyed) {
    // Half an answer is out: only a broken connection shows the client that it is incomplete.
    response.destroy();
    return;
  }
  const xml = errorDocument(error, request, requestId);
  const hasBody = !request.complete && bodyAnnounced(request);
  response.writeHead(error.status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(xml),
    ...(error.code === 'SlowDown' ? { 'retry-after': RETRY_AFTER } : {}),
    ...(hasBody ? { connection: 'close' } : {}),
  });
  if (!hasBody) {
    response.end(request.method === 'HEAD' ? undefined : xml);
    return;
  }
  // The whole answer goes out now, but `end` would close the socket over unread bytes, and the reset that follows could
  // discard the answer before the client has read it.
  response.write(xml);
  if (error.code === 'RequestTimeout') response.end();
  else drain(request, () => response.end());
}

export function bodyAnnounced(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function drain(request: IncomingMessage, done: () => void): void {
  let left = DRAIN_BYTES;
  let ended = false;
  const finish = (): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    request.off('data', take).pause();
    done();
  };
  const take = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left < 0) finish();
  };
  const timer = setTimeout(finish, DRAIN_MS);
  request.on('data', take).once('end', finish).once('close', finish).resume();
}

function errorDocument(error: S3Error, request: IncomingMessage, requestId: string): string {
  const resource = (request.url ?? '').split('?', 1)[0]!;
  const extra = Object.entries(error.extra).map(([name, value]) => element(name, value));
  return document(
    'Error',
    element('Code', error.code) +
      element('Message', error.message) +
      extra.join('') +
      element('Resource', resource) +
      element('RequestId', requestId),
  );
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isBodyAnnounced } from '../listener/request-body.ts';
import { makeReadable } from './cors.ts';
import type { S3Error } from './errors.ts';
import { document, element } from './xml.ts';

/** Maximum number of bytes of a rejected body that are discarded before the connection closes, so that the client can read the response. */
const DRAIN_BYTES = 8_388_608;
const DRAIN_MS = 5_000;
/** Value of `Retry-After` in the response `SlowDown`, in seconds. */
const RETRY_AFTER = '10';

/** Sets the headers of every response: browsers must not render, execute, sniff or cache anything from this origin. */
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

/** Sends an error document immediately, without waiting for the body. */
export function reject(request: IncomingMessage, response: ServerResponse, error: S3Error, requestId: string): void {
  if (response.headersSent || response.destroyed) {
    // Part of the response has already been sent. Only a broken connection shows the client that it is incomplete.
    response.destroy();
    return;
  }
  makeReadable(request, response);
  const xml = errorDocument(error, request, requestId);
  const hasBody = !request.complete && isBodyAnnounced(request.headers);
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
  // Write the entire response, but do not end it yet. Closing the socket with unread bytes causes a reset, which could discard the response
  // before the client has read it.
  response.write(xml);
  if (error.code === 'RequestTimeout') response.end();
  else drain(request, () => response.end());
}

function drain(request: IncomingMessage, done: () => void): void {
  let left = DRAIN_BYTES;
  let ended = false;
  const finish = (): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    request.off('data', onData).pause();
    done();
  };
  const onData = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left < 0) finish();
  };
  const timer = setTimeout(finish, DRAIN_MS);
  request.on('data', onData).once('end', finish).once('close', finish).resume();
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

import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from './errors.ts';

/** Header-signed requests stay out of reach: `authorization` is not among the allowed headers. */
const ALLOWED_HEADERS = 'content-type, range';
const EXPOSED_HEADERS =
  'accept-ranges, content-disposition, content-length, content-range, etag, last-modified, retry-after, x-request-id';

/** Checks the text only: an OPTIONS request carries no credentials, and its answer reveals nothing. */
function isPresigned(url: string): boolean {
  return /[?&]X-Amz-Signature=/.test(url);
}

/** A signed URL is the permission, on any page; cookies or other ambient authority do not exist here. */
export function setCorsHeaders(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.origin === undefined || !isPresigned(request.url ?? '')) return;
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
}

/** OPTIONS: the question that browsers ask before a PUT. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  if (!isPresigned(request.url ?? '') || request.headers.origin === undefined) {
    throw new S3Error('AccessDenied', 'Requests from other origins are answered for signed URLs only.');
  }
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': '3600',
    })
    .end();
}

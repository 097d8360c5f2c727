import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from './errors.ts';

/** Browsers cannot send header-signed requests: `authorization` is not allowed. */
const ALLOWED_HEADERS = 'content-type, range';
const EXPOSED_HEADERS =
  'accept-ranges, content-disposition, content-length, content-range, etag, last-modified, retry-after, x-request-id';

/** Does not verify the signature: an OPTIONS request has no credentials, and its response reveals nothing. */
function isPresigned(url: string): boolean {
  return /[?&]X-Amz-Signature=/.test(url);
}

/** Any origin may use a signed URL, because the URL is the only credential: there are no cookies. */
export function setCorsHeaders(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.origin === undefined || !isPresigned(request.url ?? '')) return;
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
}

/** OPTIONS: responds to the preflight request that browsers send before a PUT. */
export function respondToPreflight(request: IncomingMessage, response: ServerResponse): void {
  if (!isPresigned(request.url ?? '') || request.headers.origin === undefined) {
    throw new S3Error('AccessDenied', 'Cross-origin requests are allowed for signed URLs only.');
  }
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': '3600',
    })
    .end();
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from './errors.ts';

/** Browsers cannot send header-signed requests: `authorization` is not allowed. */
const ALLOWED_HEADERS = 'content-type, range';
const EXPOSED_HEADERS =
  'accept-ranges, content-disposition, content-length, content-range, etag, last-modified, retry-after, x-request-id';

/** Whether a URL contains a signature. Does not verify the signature. */
function isPresigned(url: string): boolean {
  return /[?&]X-Amz-Signature=/.test(url);
}

/** Any origin may use a signed URL, because the URL is the only credential: there are no cookies. */
export function setCorsHeaders(request: IncomingMessage, response: ServerResponse): void {
  if (isPresigned(request.url ?? '')) makeReadable(request, response);
}

/** Lets every page read a response. Used for responses to signed URLs, and for errors, which are the same for every client. */
export function makeReadable(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.origin === undefined) return;
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
}

/**
 * OPTIONS: responds to the preflight request that browsers send before a PUT. The response is the same with and without a
 * signature, so that a page can read why its request is rejected. Throws `AccessDenied` for any other OPTIONS request.
 */
export function respondToPreflight(request: IncomingMessage, response: ServerResponse): void {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (origin === undefined || method === undefined) {
    throw new S3Error('AccessDenied', 'OPTIONS is allowed only for the preflight requests of browsers.');
  }
  makeReadable(request, response);
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': '3600',
    })
    .end();
}

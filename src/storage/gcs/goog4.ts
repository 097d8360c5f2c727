import { createHash } from 'node:crypto';
import { canonicalQuery, canonicalRequest, encodeRfc3986, type Pair, UNSIGNED_PAYLOAD } from '../s3/sigv4.ts';

/** V4 signed URLs of Google Cloud Storage, as pure functions. The canonical request has the same format as in AWS4. */

export const ALGORITHM = 'GOOG4-RSA-SHA256';

export interface SignableUrl {
  method: 'GET' | 'PUT';
  /** `https://host`, without a path. */
  origin: string;
  /** Percent-encoded once, except `/`. */
  path: string;
  /** Decoded parameters other than the parameters of the signature. */
  query: readonly Pair[];
  /** Headers that the client must send, with lower-case names. */
  headers: readonly Pair[];
  /** Time of the signature, as `YYYYMMDDTHHMMSSZ`. */
  timestamp: string;
  /** Seconds after which the URL expires: at most seven days. */
  expiresIn: number;
  /** Email address of the service account. */
  email: string;
}

/** Returns the text to sign with the service account's key, and a function that returns the URL with the hexadecimal signature. */
export function signableUrl(request: SignableUrl): { text: string; complete(signature: string): string } {
  const { origin, path, timestamp } = request;
  const headers: Pair[] = [['host', new URL(origin).host], ...request.headers];
  const scope = `${timestamp.slice(0, 8)}/auto/storage/goog4_request`;
  const query: Pair[] = [
    ['X-Goog-Algorithm', ALGORITHM],
    ['X-Goog-Credential', `${request.email}/${scope}`],
    ['X-Goog-Date', timestamp],
    ['X-Goog-Expires', String(request.expiresIn)],
    ['X-Goog-SignedHeaders', signedNames(headers)],
    ...request.query,
  ];
  const canonical = canonicalRequest({ method: request.method, path, query, headers, payloadHash: UNSIGNED_PAYLOAD });
  const hash = createHash('sha256').update(canonical).digest('hex');
  return {
    text: [ALGORITHM, timestamp, scope, hash].join('\n'),
    complete: (signature) => `${origin}${path}?${unsorted([...query, ['X-Goog-Signature', signature]])}`,
  };
}

/** Returns the query of one of Airlock's own calls. A token authorizes these calls instead of a signature. */
export function plainQuery(query: readonly Pair[]): string {
  return query.length === 0 ? '' : `?${canonicalQuery(query)}`;
}

function signedNames(headers: readonly Pair[]): string {
  return headers
    .map(([name]) => name)
    .sort()
    .join(';');
}

/** Google's library does not sort the URL's parameters. Keep the same order, so that the URLs are equal. */
function unsorted(query: readonly Pair[]): string {
  return query.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`).join('&');
}

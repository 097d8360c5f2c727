import { createHmac, hash } from 'node:crypto';

/**
 * AWS Signature Version 4 for the service `s3`, as pure functions. Stores sign with them, and the gateway verifies with them. A property
 * test checks that they agree with aws4fetch, which signs through WebCrypto and so takes a millisecond per signature.
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** Parameters in which upload URLs repeat the signed headers `content-length` and `content-type`. */
export const DECLARED_LENGTH = 'airlock-content-length';
export const DECLARED_TYPE = 'airlock-content-type';

export type Pair = readonly [name: string, value: string];

export interface SignableRequest {
  method: string;
  /** Path as sent: percent-encoded once, except `/`. */
  path: string;
  /** Decoded query parameters without X-Amz-Signature. */
  query: readonly Pair[];
  /** The signed headers only: lower-case names, in any order. */
  headers: readonly Pair[];
  /** Lower-case hex SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  payloadHash: string;
}

/** Percent-encodes all characters except the unreserved characters of RFC 3986. Throws URIError on a lone surrogate. */
export function encodeRfc3986(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Like `encodeRfc3986`, but keeps `/`. */
export function encodePath(path: string): string {
  if (/^[\w.~/-]*$/.test(path)) return path;
  return path.split('/').map(encodeRfc3986).join('/');
}

/** Returns the query with encoded and sorted parameters. AWS: "Sort the parameter names by character code point in ascending order". */
export function canonicalQuery(query: readonly Pair[]): string {
  return query
    .map(([name, value]) => [encodeRfc3986(name), encodeRfc3986(value)] as const)
    .sort(([name1, value1], [name2, value2]) => compare(name1, name2) || compare(value1, value2))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Returns the text whose hash is signed. AWS4 and GOOG4 have the same format. */
export function canonicalRequest(request: SignableRequest): string {
  const headers = [...request.headers].sort(([name1], [name2]) => compare(name1, name2));
  return [
    request.method,
    request.path,
    canonicalQuery(request.query),
    ...headers.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}`),
    '',
    headers.map(([name]) => name).join(';'),
    request.payloadHash,
  ].join('\n');
}

/** Formats a time as signatures contain it: `YYYYMMDDTHHMMSSZ`. */
export function timestampOf(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** Returns the scope of a credential. Its date is the first eight characters of `timestamp`, which is `YYYYMMDDTHHMMSSZ`. */
export function credentialScope(timestamp: string, region: string): string {
  return `${timestamp.slice(0, 8)}/${region}/s3/aws4_request`;
}

/** Returns the hexadecimal signature of the request at the time `timestamp`. */
export function sign(request: SignableRequest, timestamp: string, region: string, secretAccessKey: string): string {
  const digest = hash('sha256', canonicalRequest(request));
  const stringToSign = [ALGORITHM, timestamp, credentialScope(timestamp, region), digest].join('\n');
  const key = signingKey(timestamp.slice(0, 8), region, secretAccessKey);
  return createHmac('sha256', key).update(stringToSign).digest('hex');
}

/** Maximum number of cached signing keys: keys of a few credentials, for the days on which the URLs in use were signed. */
const MOST_KEYS = 64;
const signingKeys = new Map<string, Buffer>();

/** Caches signing keys. A key is valid for a day, and deriving a key is slower than signing with it. */
function signingKey(date: string, region: string, secretAccessKey: string): Buffer {
  const name = `${date}/${region}/${secretAccessKey}`;
  const known = signingKeys.get(name);
  if (known) return known;
  const ofDate = hmac(`AWS4${secretAccessKey}`, date);
  const key = hmac(hmac(hmac(ofDate, region), 's3'), 'aws4_request');
  if (signingKeys.size >= MOST_KEYS) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

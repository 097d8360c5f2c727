import type { IncomingHttpHeaders } from 'node:http';
import { encodePath, type Pair } from '../storage/s3/sigv4.ts';
import { S3Error } from './errors.ts';

/** A request target, parsed once, so that authentication and handlers see the same bucket, key and parameters. */
export interface Target {
  /** Path as received, which is the canonical encoding of `/bucket/key`. */
  path: string;
  bucket: string;
  /** Decoded key. Empty for the bucket itself. */
  key: string;
  query: readonly Pair[];
}

/** The parts of a request that its signature covers. */
export interface SignedRequest {
  method: string;
  target: Target;
  headers: IncomingHttpHeaders;
  /** Alternating names and values, as received. Unlike `headers`, this list contains every repetition of a header. */
  rawHeaders: readonly string[];
}

/**
 * Parses a target whose path is in canonical percent-encoding, so that every object has exactly one path. Rejects other encodings, such as
 * `%2F` for a slash, `%2e` or raw spaces, instead of normalizing them. Throws `S3Error`.
 */
export function parseTarget(url: string): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (!path.startsWith('/')) throw new S3Error('InvalidURI', 'The request target is not a path.');
  const decoded = decode(path);
  if (encodePath(decoded) !== path) {
    throw new S3Error('SignatureDoesNotMatch', 'The path is not in the percent-encoding that was signed.');
  }
  const slash = decoded.indexOf('/', 1);
  return {
    path,
    bucket: slash < 0 ? decoded.slice(1) : decoded.slice(1, slash),
    key: slash < 0 ? '' : decoded.slice(slash + 1),
    query: mark < 0 ? [] : parseQuery(url.slice(mark + 1)),
  };
}

/** Returns the value of a parameter, or null if the query does not contain the parameter. `parseTarget` rejects repeated names. */
export function parameter(target: Target, name: string): string | null {
  return target.query.find(([each]) => each === name)?.[1] ?? null;
}

function parseQuery(search: string): Pair[] {
  if (search === '') return [];
  const seen = new Set<string>();
  return search.split('&').map((part) => {
    const equals = part.indexOf('=');
    // Form encoding, as in browsers and most signers: `+` is a space.
    const name = decode((equals < 0 ? part : part.slice(0, equals)).replaceAll('+', ' '));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1).replaceAll('+', ' '));
    if (name === '') throw new S3Error('InvalidURI', 'A query parameter has no name.');
    if (seen.has(name.toLowerCase())) throw new S3Error('InvalidArgument', 'A query parameter is repeated.');
    seen.add(name.toLowerCase());
    return [name, value] as const;
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI', 'The request target is not percent-encoded UTF-8.');
  }
}

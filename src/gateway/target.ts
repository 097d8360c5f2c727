import type { IncomingHttpHeaders } from 'node:http';
import { encodePath, type Pair } from '../storage/s3/sigv4.ts';
import { S3Error } from './errors.ts';

/** A request's target, read once. Authentication and handlers see the same bucket, key and parameters: there is no second parser. */
export interface Target {
  /** As sent; proved to be the one canonical encoding of `/bucket/key`. */
  path: string;
  bucket: string;
  /** Decoded; empty for the bucket itself. */
  key: string;
  query: readonly Pair[];
}

/** A request whose signature is to be verified. */
export interface SignedRequest {
  method: string;
  target: Target;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as received: the only place where a repeated header shows. */
  rawHeaders: readonly string[];
}

/**
 * Only a path in canonical percent-encoding is taken, so no two targets mean one object: `%2F` for a slash, `%2e`, raw
 * spaces and the like are refused instead of being normalised. Throws `S3Error`.
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

/** The value of a parameter, or null. Names cannot repeat, so there is one at most. */
export function parameter(target: Target, name: string): string | null {
  return target.query.find(([each]) => each === name)?.[1] ?? null;
}

function parseQuery(search: string): Pair[] {
  if (search === '') return [];
  const seen = new Set<string>();
  return search.split('&').map((part) => {
    const equals = part.indexOf('=');
    // Form encoding, as browsers and most signers write it: `+` is a space.
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

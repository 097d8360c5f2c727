import type { IncomingHttpHeaders } from 'node:http';
import { isWebOrigin } from '../contract/upload-tokens.ts';
import { isWellFormedUploadToken } from '../crypto/api-key.ts';
import { pathOf, patternOf } from './plugins/methods.ts';
import type { App } from './types.ts';

/*
 * What a page of another origin may do and read. Pages use upload tokens, so these rules concern only the routes that
 * accept tokens. Cookies are never allowed.
 */

const ALLOWED_HEADERS = 'authorization, content-type, idempotency-key';
/** Seconds for which a browser remembers the response to a preflight request. */
const MAX_AGE = '600';
/** Headers of a response that a page may read. */
const EXPOSED = 'retry-after, x-request-id';

/** The routes that accept upload tokens. */
export interface UploadRoutes {
  /** Methods that the path of a URL accepts with an upload token. Empty for every other path. */
  methodsOf(url: string): string[];
}

/** A request in Fastify, or below it. */
interface Received {
  method?: string | undefined;
  headers: IncomingHttpHeaders;
}

/** Records the routes that are registered later. */
export function collectUploadRoutes(app: App): UploadRoutes {
  const paths = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method, config }) => {
    if (!config?.uploadToken) return;
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    paths.set(url, known);
    for (const one of [method].flat()) known.methods.add(one);
  });
  return {
    methodsOf(url) {
      const path = pathOf({ url });
      return [...paths.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : []));
    },
  };
}

export function isPreflight({ method, headers }: Received): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/**
 * Headers of the response to a preflight request. The request contains no token, so the response is the same for every
 * origin, and reveals nothing.
 */
export function preflightHeaders({ origin }: IncomingHttpHeaders, methods: readonly string[]): Record<string, string> {
  if (origin === undefined || !isWebOrigin(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': MAX_AGE,
  };
}

/** Headers with which a page of this origin may read a response. */
export function readableBy(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED };
}

/**
 * Headers with which a page may read that its address has sent too many requests to a route that accepts tokens. Airlock
 * has not looked up the token yet, so every origin may read the response. It contains only the limit of the address.
 */
export function limitReadableBy({ origin, authorization = '' }: IncomingHttpHeaders): Record<string, string> {
  const token = /^Bearer ([^\s]+)$/i.exec(authorization)?.[1];
  if (origin === undefined || !token || !isWebOrigin(origin) || !isWellFormedUploadToken(token)) return {};
  return { vary: 'Origin', ...readableBy(origin) };
}

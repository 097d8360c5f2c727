import type { IncomingHttpHeaders } from 'node:http';
import { pathOf, patternOf } from './plugins/methods.ts';
import type { App } from './types.ts';

/*
 * The rules for pages of other origins, on routes whose credential is a token in a header or in the path. Cookies are never allowed. Every
 * page can read an error, because any program gets the same error. Whether a page may read a success depends on its token
 * (`upload-token-caller.ts`).
 */

const ALLOWED_HEADERS = 'authorization, content-type, idempotency-key, range';
/** Seconds for which a browser remembers the response to a preflight request. */
const MAX_AGE = '600';
/** Headers of a response that a page may read. */
const EXPOSED = 'retry-after, x-request-id';

/** The routes that pages of other origins may use. */
export interface CrossOriginRoutes {
  /** Returns the methods that pages of other origins may use with the path of a URL. Returns none for every other path. */
  methodsOf(url: string): string[];
}

/** A request, either from Fastify or from the HTTP server below it. */
interface Received {
  method?: string | undefined;
  headers: IncomingHttpHeaders;
}

/** Collects the routes that pages of other origins may use, among the routes that are registered later. */
export function collectCrossOriginRoutes(app: App): CrossOriginRoutes {
  const paths = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method, config }) => {
    if (!config?.uploadToken && !config?.everySite) return;
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
 * Returns the headers of the response to a preflight request. The request contains no token, so the response is the same for every origin,
 * and reveals nothing.
 */
export function preflightHeaders(methods: readonly string[]): Record<string, string> {
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': MAX_AGE,
  };
}

/** Returns headers that allow a page of this origin to read a response. */
export function readableBy(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED };
}

/**
 * Returns headers that allow every page to read an error of these routes, even if its token is unknown or belongs to another origin.
 * Browsers accept `*` only for requests without cookies.
 */
export function errorReadableBy({ origin }: IncomingHttpHeaders): Record<string, string> {
  return origin === undefined ? {} : readableBy('*');
}

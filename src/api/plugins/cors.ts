import type { FastifyReply, FastifyRequest } from 'fastify';
import { isWebOrigin } from '../../contract/upload-tokens.ts';
import type { App } from '../types.ts';
import { pathOf, patternOf } from './methods.ts';

const ALLOWED_HEADERS = 'authorization, content-type, idempotency-key';
/** Seconds for which a browser remembers the response to a preflight request. */
const MAX_AGE = '600';

interface UploadPath {
  pattern: RegExp;
  methods: Set<string>;
}

/**
 * Responds to preflight requests for the routes that upload tokens may use. A preflight request contains no token, so the response
 * is the same for every origin, and reveals nothing. Whether a page may read a response is decided with the token
 * (`upload-token-caller.ts`). Cookies are never allowed.
 */
export function registerCors(app: App): void {
  const paths = new Map<string, UploadPath>();
  app.addHook('onRoute', ({ url, method, config }) => {
    if (!config?.uploadToken) return;
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    paths.set(url, known);
    for (const one of [method].flat()) known.methods.add(one);
  });
  const methodsOf = (request: FastifyRequest): string[] => {
    const path = pathOf(request);
    return [...paths.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : []));
  };
  app.addHook('onRequest', (request, reply, next) => {
    if (request.routeOptions.config.uploadToken) reply.header('vary', 'Origin');
    const methods = isPreflight(request) ? methodsOf(request) : [];
    if (methods.length === 0) return next();
    sendPreflight(request, reply, methods);
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

function sendPreflight({ headers }: FastifyRequest, reply: FastifyReply, methods: readonly string[]): void {
  reply.header('vary', 'Origin');
  if (isWebOrigin(headers.origin!)) {
    reply.header('access-control-allow-origin', headers.origin);
    reply.header('access-control-allow-methods', methods.join(', '));
    reply.header('access-control-allow-headers', ALLOWED_HEADERS);
    reply.header('access-control-max-age', MAX_AGE);
  }
  reply.code(204).send();
}

import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../../contract/errors.ts';
import type { App } from '../types.ts';

/** Far above what any request of the contract needs, far below what a recursive function can take. */
const MAX_DEPTH = 64;

/**
 * Bodies are JSON and nothing else. Clients send all kinds of content types with no body at all: that is no body. What is nested too deep is refused here, so that nothing behind this can run out of stack.
 */
export function registerBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addHook('onRequest', async (request) => {
    if (!isBodyAnnounced(request.headers)) delete request.headers['content-type'];
  });
  // What was announced without a length may turn out to be empty.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.once('data', () => done(new ApiError('unsupported_media_type')));
    payload.once('end', () => done(null, undefined));
    payload.once('error', done);
  });
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined);
    parse(request, body as string, (error, value) => {
      if (!error && isDeeper(value, MAX_DEPTH)) done(new ApiError('invalid_request', tooDeep));
      else done(error, value);
    });
  });
}

function isBodyAnnounced(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

const tooDeep = {
  field: 'body',
  reason: `is nested deeper than ${MAX_DEPTH} levels`,
  remedy: 'Send a flatter document',
};

/** Whether arrays and objects lie in one another more than `levels` deep; looks no deeper than that. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

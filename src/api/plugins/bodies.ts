import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../../contract/errors.ts';
import { bodyShapeFault } from '../body-shape.ts';
import type { App } from '../types.ts';

/**
 * Parses bodies, which must be JSON. Clients send any content type without a body; the body is then absent. A body with
 * too many values or levels is refused before it is parsed, so that it cannot exhaust time or stack.
 */
export function registerBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addHook('onRequest', async (request) => {
    if (!isBodyAnnounced(request.headers)) delete request.headers['content-type'];
  });
  // A chunked body may be empty.
  app.addContentTypeParser('*', (_request, payload, done) => {
    const empty = () => done(null, undefined);
    payload.once('end', empty);
    payload.once('data', () => {
      payload.off('end', empty);
      done(new ApiError('unsupported_media_type'));
    });
    payload.once('error', done);
  });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const fault = bodyShapeFault(body as Buffer);
    if (fault) return done(new ApiError('invalid_request', { ...fault }));
    parse(request, body.toString('utf8'), done);
  });
}

function isBodyAnnounced(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

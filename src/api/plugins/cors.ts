import type { App } from '../types.ts';
import { isPreflight, preflightHeaders, type UploadRoutes } from '../upload-cors.ts';

/**
 * Responds to preflight requests for the routes that upload tokens may use. Whether a page may read the response to its
 * request is decided with the token (`upload-token-caller.ts`).
 */
export function registerCors(app: App, routes: UploadRoutes): void {
  app.addHook('onRequest', (request, reply, next) => {
    if (request.routeOptions.config.uploadToken) reply.header('vary', 'Origin');
    const methods = isPreflight(request) ? routes.methodsOf(request.url) : [];
    if (methods.length === 0) return next();
    reply.headers(preflightHeaders(request.headers, methods)).code(204).send();
  });
}

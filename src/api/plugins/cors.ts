import { type CrossOriginRoutes, isPreflight, preflightHeaders } from '../cross-origin.ts';
import type { App } from '../types.ts';

/** Responds to preflight requests for the routes that pages of other origins may use. */
export function registerCors(app: App, routes: CrossOriginRoutes): void {
  app.addHook('onRequest', (request, reply, next) => {
    if (request.routeOptions.config.uploadToken) reply.header('vary', 'Origin');
    const methods = isPreflight(request) ? routes.methodsOf(request.url) : [];
    if (methods.length === 0) return next();
    reply.headers(preflightHeaders(methods)).code(204).send();
  });
}

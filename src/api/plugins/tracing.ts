import type { Tracing } from '../../telemetry/index.ts';
import type { App } from '../types.ts';

/** Routes that machines poll. Their spans would only cause cost. */
const POLLED = new Set(['/livez', '/readyz', '/health-check']);

/** Records a span per request, in the trace of the client if the request has a valid `traceparent`. */
export function registerTracing(app: App, tracing: Tracing): void {
  app.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url ?? '(none)';
    if (POLLED.has(route)) return;
    request.span = tracing.start(`${request.method} ${route}`, {
      kind: 'server',
      parent: request.headers.traceparent,
      facts: { 'http.request.method': request.method, 'http.route': route, 'airlock.request_id': request.id },
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    request.span?.end({ 'http.response.status_code': reply.statusCode }, reply.statusCode >= 500);
  });
  // If the client disconnects, there is no response.
  app.addHook('onRequestAbort', async (request) => {
    request.span?.end({}, true);
    request.span = null;
  });
}

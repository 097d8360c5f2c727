import { actorName } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

/** Adds the request id to every response, and logs one line per request, with the route's pattern and never the URL. */
export function registerObservation(app: App, metrics: ApiDeps['metrics']): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const labels = { route: request.routeOptions.url ?? '(none)', method: request.method };
    metrics.httpRequests.inc({ ...labels, status: String(reply.statusCode) });
    metrics.httpSeconds.observe(labels, reply.elapsedTime / 1000);
    request.log.info(
      {
        ...labels,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        caller: request.caller ? actorName(request.caller) : undefined,
      },
      'request',
    );
  });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Health, healthAnswer, liveAnswer, readyAnswer } from '../../contract/health.ts';
import { checkHealth } from '../../fleet/health.ts';
import type { ApiDeps } from '../deps.ts';
import { setRetryAfter } from '../plugins/errors.ts';
import { NEVER_SHED } from '../plugins/load-shedding.ts';
import type { App } from '../types.ts';

type Check = () => Promise<Health>;

/** Health checks need no key, because a load balancer calls them every second. The limits of an address apply to all except `/livez`. */
export function registerHealth(app: App, deps: ApiDeps): void {
  const check = sharedCheck(deps.health);
  registerHealthCheck(app, check);
  registerLiveness(app);
  registerReadiness(app, deps.draining, check);
}

/** Returns a check whose result concurrent requests share. */
function sharedCheck(health: ApiDeps['health']): Check {
  const startedAt = performance.now();
  let running: Promise<Health> | null = null;
  return () => {
    running ??= checkHealth(health, startedAt).finally(() => {
      running = null;
    });
    return running;
  };
}

function registerHealthCheck(app: App, check: Check): void {
  app.get(
    '/health-check',
    {
      config: { scope: 'open', ...NEVER_SHED },
      schema: {
        operationId: 'checkHealth',
        tags: ['health'],
        summary: 'Check database and storage, and count the workers',
        description:
          'Checks database and storage. Returns 500 with `ok: false` and the failed part if one of them fails. `workers.alive` is the number of live workers, and does not change `ok`.',
        security: [],
        response: { 200: healthAnswer, 500: healthAnswer },
      },
    },
    async (_request, reply) => {
      const health = await check();
      return reply.code(health.ok ? 200 : 500).send(health);
    },
  );
}

function registerLiveness(app: App): void {
  app.get(
    '/livez',
    {
      config: { scope: 'open', kind: 'liveness', ...NEVER_SHED },
      schema: {
        operationId: 'checkLiveness',
        tags: ['health'],
        summary: 'Check that this process responds',
        description:
          'Returns 200 while the process can respond. It checks nothing else, so that a liveness probe does not restart the process when the database fails.',
        security: [],
        response: { 200: liveAnswer },
      },
    },
    async () => ({ ok: true as const }),
  );
}

function registerReadiness(app: App, draining: AbortSignal, check: Check): void {
  app.get(
    '/readyz',
    {
      config: { scope: 'open', pressureHandler: notReady },
      schema: {
        operationId: 'checkReadiness',
        tags: ['health'],
        summary: 'Check that this process accepts requests',
        description:
          'Returns 503 while the process stops or is overloaded, or if the database or storage does not respond. Use it to remove the process from a load balancer.',
        security: [],
        response: { 200: readyAnswer, 503: readyAnswer },
      },
    },
    async (_request, reply) => {
      if (draining.aborted) {
        return setNotReady(reply).send({
          ok: false,
          message: 'Not ready: this process is about to stop; send requests to another process.',
        });
      }
      const { database, storage, message } = await check();
      const ok = database.ok && (storage.ok || storage.low_space === true);
      return (ok ? reply : setNotReady(reply)).send({
        ok,
        ...(storage.low_space && { low_space: true }),
        ...(!ok && message !== undefined && { message }),
      });
    },
  );
}

/** Returns the response of an overloaded process, which is alive but not ready. */
function notReady(_request: FastifyRequest, reply: FastifyReply) {
  setNotReady(reply);
  return { ok: false };
}

function setNotReady(reply: FastifyReply): FastifyReply {
  setRetryAfter(reply, 503);
  return reply.code(503);
}

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ApiError } from '../../contract/errors.ts';
import type { App } from '../types.ts';

/** The default event-loop delay in milliseconds above which the API rejects new requests. A healthy process has a far smaller delay. */
export const MAX_LOOP_DELAY_MS = 3000;

const SAMPLE_MS = 1000;
/**
 * Milliseconds between the timers of `monitorEventLoopDelay`, which measures the time between them. Without a delay, it measures this
 * value.
 */
const RESOLUTION_MS = 10;

/** Returns the mean delay of the event loop since the last call, in milliseconds. Returns null if there was no measurement. */
export type ReadDelay = () => number | null;

/**
 * Responds with 503 while the process is overloaded, unless the route has a `pressureHandler`. `@fastify/under-pressure` treats a second
 * without a measurement as an infinite delay, and rejects every request for the next second. Such a second follows each stall of the
 * process, because the timer that reads the delay may run before the timer that measures it. Here the last delay remains in effect.
 */
export function registerLoadShedding(app: App, maxDelayMs: number, readDelay: ReadDelay = measureDelay(app)): void {
  let delayMs = 0;
  const timer = setInterval(() => {
    delayMs = readDelay() ?? delayMs;
  }, SAMPLE_MS).unref();
  app.addHook('onClose', async () => clearInterval(timer));
  app.addHook('onRequest', async (request, reply) => {
    if (delayMs <= maxDelayMs) return;
    const { pressureHandler } = request.routeOptions.config;
    if (!pressureHandler) throw new ApiError('unavailable');
    const response = pressureHandler(request, reply);
    return response === undefined ? undefined : reply.send(response);
  });
}

function measureDelay(app: App): ReadDelay {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  app.addHook('onClose', async () => void delays.disable());
  return () => {
    const { mean } = delays;
    delays.reset();
    return Number.isNaN(mean) ? null : Math.max(0, mean / 1e6 - RESOLUTION_MS);
  };
}

/** Config of routes that must respond under any load, because a supervisor kills a process that does not respond. */
export const NEVER_SHED = { pressureHandler: () => {} };

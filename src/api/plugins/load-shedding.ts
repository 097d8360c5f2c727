import underPressure, { type FastifyUnderPressureOptions } from '@fastify/under-pressure';
import type { App } from '../types.ts';

/** The default event-loop delay in milliseconds above which the API rejects new requests. A healthy process stays far below. */
export const MAX_LOOP_DELAY_MS = 3000;

/** Returns 503 while the process is overloaded, unless the route's `pressureHandler` responds. */
export async function registerLoadShedding(app: App, limits: FastifyUnderPressureOptions): Promise<void> {
  await app.register(underPressure, limits);
}

/** For routes that must respond under any load: a supervisor kills a process that does not respond. */
export const NEVER_SHED = { pressureHandler: () => {} };

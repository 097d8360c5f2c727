import underPressure, { type FastifyUnderPressureOptions } from '@fastify/under-pressure';
import type { App } from '../types.ts';

/** Event-loop delay above which new requests are sent away: long after a healthy process, before a dead one. */
const MAX_LOOP_DELAY_MS = 3000;

/** Sends requests away (503) while the process cannot keep up; a route's `pressureHandler` may know better. */
export async function registerLoadShedding(
  app: App,
  limits: FastifyUnderPressureOptions = { maxEventLoopDelay: MAX_LOOP_DELAY_MS },
): Promise<void> {
  await app.register(underPressure, limits);
}

/** For routes that answer under any load: a supervisor kills a process that seems dead, with all its work. */
export const NEVER_SHED = { pressureHandler: () => {} };

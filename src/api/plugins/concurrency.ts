import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { ACCOUNT_REQUESTS, KEY_REQUESTS } from '../../contract/limits.ts';
import { createPlaces } from '../places.ts';
import type { App } from '../types.ts';

/** How long a request waits for another of its key to end. */
const TAKE_MS = 5000;

/**
 * Bounds the requests that a key, and all keys of an account, have open at once. A request counts until its answer has been
 * taken, so that neither many at once nor readers that do not read fill the memory. Runs behind the authentication.
 */
export function registerConcurrency(app: App): void {
  const places = createPlaces();
  app.decorateRequest('place', null);
  app.addHook('onRequest', async (request, reply) => {
    if (!request.caller) return;
    const { key, account } = request.caller;
    const place = places.open([
      { name: `key:${key.id}`, bounds: KEY_REQUESTS },
      { name: `account:${account.id}`, bounds: ACCOUNT_REQUESTS },
    ]);
    if (!place) throw new ApiError('concurrency_exceeded', { limit: KEY_REQUESTS.open });
    request.place = place;
    // Comes also when the client goes away in the middle of its body.
    reply.raw.once('close', () => place.leave());
    // It may have gone while its key was looked up, and then no event comes.
    if (reply.raw.closed || request.raw.socket.destroyed) place.leave();
    if (!(await place.take(TAKE_MS))) throw new ApiError('concurrency_exceeded', { limit: KEY_REQUESTS.active });
  });
}

/** Waits without taking one of the few places of requests that are worked on. */
export function whileWaiting<T>(request: FastifyRequest, work: Promise<T>): Promise<T> {
  return request.place ? request.place.whileWaiting(work) : work;
}

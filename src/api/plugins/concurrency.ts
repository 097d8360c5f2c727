import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { ACCOUNT_REQUESTS, KEY_REQUESTS } from '../../contract/limits.ts';
import { createPlaces } from '../places.ts';
import type { App } from '../types.ts';

/** Milliseconds that a request waits for a place. */
const TAKE_MS = 5000;

/**
 * Limits the concurrent requests of a key or session, and of all of an account. A request counts until its answer has been
 * read, so that neither many requests nor slow readers fill the memory. Runs after the authentication.
 */
export function registerConcurrency(app: App): void {
  const places = createPlaces();
  app.decorateRequest('place', null);
  app.addHook('onRequest', async (request, reply) => {
    if (!request.caller) return;
    const { id, account } = request.caller;
    const place = places.open([
      { name: `key:${id}`, bounds: KEY_REQUESTS },
      { name: `account:${account.id}`, bounds: ACCOUNT_REQUESTS },
    ]);
    if (!place) throw new ApiError('concurrency_exceeded', { limit: KEY_REQUESTS.open });
    request.place = place;
    // Also emitted when the client disconnects while it sends the body.
    reply.raw.once('close', () => place.leave());
    // The client may have disconnected during the authentication; no event follows then.
    if (reply.raw.closed || request.raw.socket.destroyed) place.leave();
    if (!(await place.take(TAKE_MS))) throw new ApiError('concurrency_exceeded', { limit: KEY_REQUESTS.active });
  });
}

/** Waits without occupying a place for requests that are processed. */
export function whileWaiting<T>(request: FastifyRequest, work: Promise<T>): Promise<T> {
  return request.place ? request.place.whileWaiting(work) : work;
}

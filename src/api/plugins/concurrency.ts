import type { FastifyRequest } from 'fastify';
import { addressGroup } from '../../config/addresses.ts';
import { ApiError } from '../../contract/errors.ts';
import { ACCOUNT_REQUESTS, ADDRESS_REQUESTS, KEY_REQUESTS } from '../../contract/limits.ts';
import { ACCOUNT_TOKEN_REQUESTS, TOKEN_REQUESTS } from '../../contract/upload-tokens.ts';
import { FairPool } from '../../pools/fair-pool.ts';
import type { PoolShape } from '../../pools/share.ts';
import { createRequestSlots } from '../request-slots.ts';
import type { App } from '../types.ts';

/** Maximum milliseconds that a request waits for a slot. */
const TAKE_MS = 5000;
/**
 * Limits of open requests of this process, including waiting requests and event streams. Each open request has its own connection, and the
 * number of connections has the same limit.
 */
export const OPEN_REQUEST_POOL: PoolShape = { places: 4096, share: 128, reserved: 1024 };

/**
 * Limits the concurrent requests of a key, token or session, of an account, and on open routes of an address. A request counts until its
 * response has been read, so that neither many requests nor slow readers fill the memory. Runs after authentication and before the body is
 * read.
 */
export function registerConcurrency(app: App): void {
  const slots = createRequestSlots();
  const open = new FairPool(OPEN_REQUEST_POOL);
  app.decorateRequest('slot', null);
  app.addHook('onRequest', async (request, reply) => {
    const owners = ownersOf(request);
    if (owners.length === 0) return;
    const { limits } = owners[0]!;
    const slot = slots.open(owners);
    if (!slot) throw new ApiError('concurrency_exceeded', { limit: limits.open });
    request.slot = slot;
    // The pool counts each request for the account, regardless of the key or token that sent it.
    const returnPlace = open.tryTake(owners.at(-1)!.name);
    const leave = () => {
      slot.leave();
      returnPlace?.();
    };
    // This event is also emitted if the client disconnects while it sends the body.
    reply.raw.once('close', leave);
    // The client may have disconnected during authentication. In this case no event follows.
    if (reply.raw.closed || request.raw.socket.destroyed) leave();
    if (!returnPlace) throw new ApiError('concurrency_exceeded', { limit: OPEN_REQUEST_POOL.share });
    if (!(await slot.take(TAKE_MS))) throw new ApiError('concurrency_exceeded', { limit: limits.active });
    app.gate.endStart(request.raw);
  });
}

function ownersOf({ caller, ip, routeOptions }: FastifyRequest) {
  if (caller) {
    const account = { name: `account:${caller.account.id}`, limits: ACCOUNT_REQUESTS };
    if (!('token' in caller.by)) return [{ name: `key:${caller.id}`, limits: KEY_REQUESTS }, account];
    const all = { name: `tokens:${caller.account.id}`, limits: ACCOUNT_TOKEN_REQUESTS };
    return [{ name: `token:${caller.id}`, limits: TOKEN_REQUESTS }, all, account];
  }
  const { scope, kind } = routeOptions.config;
  return scope === 'open' && !kind ? [{ name: `address:${addressGroup(ip)}`, limits: ADDRESS_REQUESTS }] : [];
}

/** Waits for `work` without occupying a slot for requests that are being processed. */
export function whileWaiting<T>(request: FastifyRequest, work: Promise<T>): Promise<T> {
  return request.slot ? request.slot.whileWaiting(work) : work;
}

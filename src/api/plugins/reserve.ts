import { recentSpace } from '../../accounts/store-space.ts';
import { diskFull } from '../../accounts/stored-bytes.ts';
import { hasSpareSpace } from '../../config/disk-reserve.ts';
import type { Context } from '../../database/context.ts';
import type { App } from '../types.ts';

/**
 * Requests that run while less than the reserve of the disk is free, in addition to reads and DELETE: those that stop or
 * complete what was accepted before, protect an account, or that people need to erase something.
 */
const ALLOWED = new Set([
  'PATCH /v1/transcodes/:id/cancel',
  'PATCH /v1/batches/:id/cancel',
  // The bytes of an upload were promised with its URL.
  'POST /v1/upload/confirm',
  'POST /v1/upload/multipart/:uploadId/parts',
  'POST /v1/transcodes/validate',
  'POST /v1/session',
  'POST /v1/setup',
  'POST /oauth/authorize',
  'POST /oauth/token',
  'POST /oauth/revoke',
  // Its tools send requests of their own to this API.
  'POST /mcp',
  'POST /v1/keys/:id/rotate',
  'POST /v1/webhooks/:id/rotate',
  'POST /v1/webhooks/secret/rotate',
  'PATCH /v1/webhooks/:id',
  'PATCH /v1/admin/accounts/:id',
  'PATCH /v1/admin/workers/:id',
]);
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** Rejects requests that add rows while less than the reserve of the storage's disk is free, where the database is, too. */
export function registerReserve(app: App, context: Pick<Context, 'store'>): void {
  app.addHook('preHandler', async (request) => {
    const { method, url } = request.routeOptions;
    if (SAFE.has(request.method) || ALLOWED.has(`${[method].flat()[0]} ${url}`) || request.is404) return;
    // A storage that does not respond is a reason for those requests that need it.
    const space = await recentSpace(context).catch(() => null);
    if (space && !hasSpareSpace(space)) throw diskFull(0);
  });
}

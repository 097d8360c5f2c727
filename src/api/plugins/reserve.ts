import { recentSpace } from '../../accounts/store-space.ts';
import { diskFull } from '../../accounts/stored-bytes.ts';
import { hasSpareSpace } from '../../config/disk-reserve.ts';
import type { Context } from '../../database/context.ts';
import type { App } from '../types.ts';

/**
 * Requests that are allowed while the free space of the disk is below its reserve, in addition to reads and DELETE. They stop or complete
 * work that was accepted earlier, protect an account, or are necessary for erasing data.
 */
const ALLOWED = new Set([
  'PATCH /v1/transcodes/:id/cancel',
  'PATCH /v1/batches/:id/cancel',
  // Space for the bytes of an upload was promised with its URL.
  'POST /v1/upload/confirm',
  'POST /v1/upload/multipart/:uploadId/parts',
  'POST /v1/transcodes/validate',
  'POST /v1/session',
  'POST /v1/setup',
  'POST /oauth/authorize',
  'POST /oauth/token',
  'POST /oauth/revoke',
  // Its tools send their own requests to this API.
  'POST /mcp',
  'POST /v1/keys/:id/rotate',
  'POST /v1/webhooks/:id/rotate',
  'POST /v1/webhooks/secret/rotate',
  'PATCH /v1/webhooks/:id',
  'PATCH /v1/admin/accounts/:id',
  'PATCH /v1/admin/workers/:id',
]);
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** Rejects requests that add rows while the free space of the storage's disk is below its reserve. The database is on the same disk. */
export function registerReserve(app: App, context: Pick<Context, 'store'>): void {
  app.addHook('preHandler', async (request) => {
    const { method, url } = request.routeOptions;
    if (SAFE.has(request.method) || ALLOWED.has(`${[method].flat()[0]} ${url}`) || request.is404) return;
    // If the storage does not respond, only requests that need the storage should fail.
    const space = await recentSpace(context).catch(() => null);
    if (space && !hasSpareSpace(space)) throw diskFull(0);
  });
}

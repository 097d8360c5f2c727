import { secureRequestTest } from '../../config/secure-request.ts';
import { ApiError } from '../../contract/errors.ts';
import type { ApiSettings } from '../deps.ts';
import { isInnerRequest } from '../inner-requests.ts';
import type { App } from '../types.ts';

/**
 * Requires HTTPS, except on loopback. A request that a trusted proxy received over plain HTTP has already sent its key in the clear. The
 * rejection makes this visible.
 */
export function registerHttpsOnly(app: App, settings: ApiSettings): void {
  const isSecure = secureRequestTest(settings);
  app.addHook('onRequest', async (request) => {
    if (!isSecure(request.raw) && !isInnerRequest(request.headers)) throw new ApiError('https_required');
  });
}

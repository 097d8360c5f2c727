import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { addressMatcher } from '../addresses.ts';
import type { ApiSettings } from '../deps.ts';
import type { App } from '../types.ts';

/**
 * HTTPS only (contract C): plain HTTP is for loopback. A request that a trusted proxy received over plain HTTP has
 * already carried its key in the clear; it is refused, so that somebody notices.
 */
export function registerHttpsOnly(app: App, settings: ApiSettings): void {
  const isProxy = addressMatcher(settings.trustProxy);
  app.addHook('onRequest', async (request) => {
    if (!isSecure(request, settings, isProxy)) throw new ApiError('https_required');
  });
}

function isSecure(request: FastifyRequest, settings: ApiSettings, isProxy: (ip: string) => boolean): boolean {
  if ((request.raw.socket as TLSSocket).encrypted) return true;
  const fromProxy = isProxy(request.raw.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-proto'];
  if (fromProxy && forwarded !== undefined) return String(forwarded).split(',')[0]!.trim().toLowerCase() === 'https';
  return settings.loopbackOnly;
}

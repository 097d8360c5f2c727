import { BlockList, isIPv6 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import type { ApiSettings } from '../deps.ts';
import type { App } from '../types.ts';

/**
 * HTTPS only (contract C): plain HTTP is for loopback. A request that a trusted proxy received over plain HTTP has
 * already carried its key in the clear; it is refused, so that somebody notices.
 */
export function registerHttpsOnly(app: App, settings: ApiSettings): void {
  const proxies = new BlockList();
  for (const cidr of settings.trustProxy) {
    const [address = '', bits] = cidr.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    proxies.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  app.addHook('onRequest', async (request) => {
    if (!isSecure(request, settings, proxies)) throw new ApiError('https_required');
  });
}

function isSecure(request: FastifyRequest, settings: ApiSettings, proxies: BlockList): boolean {
  if ((request.raw.socket as TLSSocket).encrypted) return true;
  const peer = (request.raw.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  const fromProxy = peer !== '' && proxies.check(peer, isIPv6(peer) ? 'ipv6' : 'ipv4');
  const forwarded = request.headers['x-forwarded-proto'];
  if (fromProxy && forwarded !== undefined) return String(forwarded).split(',')[0]!.trim().toLowerCase() === 'https';
  return settings.loopbackOnly;
}

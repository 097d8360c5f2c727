import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { addressMatcher } from './addresses.ts';

export interface ListenerTransport {
  /** The address that we listen on can only be reached from this machine. */
  loopbackOnly: boolean;
  /** CIDRs of proxies whose x-forwarded-proto is believed. */
  trustProxy: readonly string[];
}

/**
 * Whether a request travelled over HTTPS, or never left this machine (contract C). What a trusted proxy says counts
 * before the address that we listen on: a proxy on this machine brings requests from elsewhere.
 */
export function secureRequestTest(transport: ListenerTransport): (request: IncomingMessage) => boolean {
  const isProxy = addressMatcher(transport.trustProxy);
  return (request) => {
    if ((request.socket as TLSSocket).encrypted) return true;
    const { remoteAddress: peer = '', localAddress } = request.socket;
    const forwarded = request.headers['x-forwarded-proto'];
    if (!isProxy(peer)) return transport.loopbackOnly || (peer !== '' && peer === localAddress);
    if (forwarded === undefined) return transport.loopbackOnly;
    return String(forwarded).split(',')[0]!.trim().toLowerCase() === 'https';
  };
}

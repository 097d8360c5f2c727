import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { addressMatcher } from './addresses.ts';
import { nearestFirst } from './client-address.ts';

export interface ListenerTransport {
  /** Whether the listening address can be reached only from this machine. */
  loopbackOnly: boolean;
  /** CIDRs of proxies whose x-forwarded-* headers are trusted. */
  trustProxy: readonly string[];
}

/**
 * Returns a function that tests whether a request came over HTTPS or never left this machine. The header of a trusted
 * proxy takes precedence over the listening address, because a proxy on this machine forwards requests from elsewhere.
 */
export function secureRequestTest(transport: ListenerTransport): (request: IncomingMessage) => boolean {
  const isProxy = addressMatcher(transport.trustProxy);
  return ({ socket, headers }) => {
    if ((socket as TLSSocket).encrypted) return true;
    const { remoteAddress: peer = '', localAddress } = socket;
    if (!isProxy(peer)) return transport.loopbackOnly || (peer !== '' && peer === localAddress);
    if (headers['x-forwarded-proto'] === undefined) return transport.loopbackOnly;
    const hops = [peer, ...nearestFirst(headers['x-forwarded-for'])];
    const protocols = nearestFirst(headers['x-forwarded-proto']);
    return protocols.slice(0, trustedHops(hops, isProxy)).every((protocol) => protocol.toLowerCase() === 'https');
  };
}

/**
 * Returns the number of nearest hops that are trusted proxies, at least 1. Each proxy appends one element to a header, so this many
 * elements from the right were added by proxies. All elements before them come from the client.
 */
function trustedHops(hops: readonly string[], isProxy: (ip: string) => boolean): number {
  const stranger = hops.findIndex((hop) => !isProxy(hop));
  return stranger === -1 ? hops.length : stranger;
}

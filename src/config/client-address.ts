import type { IncomingMessage } from 'node:http';
import { addressMatcher } from './addresses.ts';

/**
 * Returns a function that finds the address of the client that sent a request: the address of the peer, or the address that trusted proxies
 * report in x-forwarded-for. The function returns an empty string if the client has already disconnected.
 * @param trustProxy CIDRs of the trusted proxies
 */
export function clientAddressOf(trustProxy: readonly string[]): (request: IncomingMessage) => string {
  if (trustProxy.length === 0) return ({ socket }) => socket.remoteAddress ?? '';
  const isProxy = addressMatcher(trustProxy);
  return ({ socket, headers }) => {
    const hops = [socket.remoteAddress ?? '', ...nearestFirst(headers['x-forwarded-for'])];
    return hops.find((hop) => !isProxy(hop)) ?? hops.at(-1)!;
  };
}

/** Returns the elements of a header to which each proxy appends one element. The element of the nearest proxy is first. */
export function nearestFirst(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return String(header)
    .split(',')
    .map((part) => part.trim())
    .reverse();
}

import type { IncomingMessage } from 'node:http';
import { addressMatcher } from './addresses.ts';

/**
 * Returns a function that finds the address of the client that sent a request: the address of the peer, or the address that trusted proxies
 * report in x-forwarded-for. An empty string if the client has already disconnected.
 * @param trustProxy CIDRs of proxies
 */
export function clientAddressOf(trustProxy: readonly string[]): (request: IncomingMessage) => string {
  if (trustProxy.length === 0) return ({ socket }) => socket.remoteAddress ?? '';
  const isProxy = addressMatcher(trustProxy);
  return ({ socket, headers }) => {
    const hops = [socket.remoteAddress ?? '', ...nearestFirst(headers['x-forwarded-for'])];
    return hops.find((hop) => !isProxy(hop)) ?? hops.at(-1)!;
  };
}

/** The elements of a header to which each proxy appends one element. */
export function nearestFirst(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return String(header)
    .split(',')
    .map((part) => part.trim())
    .reverse();
}

import type { Server } from 'node:http';
import { guardConnections } from '../listener/connection-guard.ts';
import { gateRequests } from '../listener/request-gate.ts';

/** Maximum number of connections, and milliseconds until the first byte of a request. Prometheus opens one connection for each scraper. */
const CONNECTIONS = { total: 64, perAddress: 16, firstByteMs: 5_000 };
/** Maximum number of requests per minute from one address. Enough for ten scrapers that send a request every second. */
const PER_MINUTE = 600;

/**
 * Limits how much a client may use the metrics port, because the port requires no key, and a scrape queries the database. Does not trust
 * proxies, because scrapers connect directly.
 */
export function protectMetrics(server: Server): void {
  const connections = guardConnections(server, { limits: CONNECTIONS, trustProxy: [], onRejected: () => {} });
  gateRequests(server, {
    perMinute: PER_MINUTE,
    addressOf: ({ socket }) => socket.remoteAddress ?? '',
    closePipelined: (socket) => connections.closePipelined(socket),
    reject(_, response, rejection) {
      if (rejection.reason === 'expectation') response.writeHead(417).end();
      else response.writeHead(429, { 'retry-after': String(rejection.retryAfterSeconds) }).end();
    },
  });
}

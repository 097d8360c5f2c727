import type { ConnectionLimits } from './connection-guard.ts';
import { affordableConnections } from './open-files.ts';

/** From accept to the first byte. A client that uses its connection sends immediately; a lost packet costs 3 s. */
const FIRST_BYTE_MS = 5_000;
/** From the first byte to the end of the TLS handshake. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Options of an HTTP server: a request's whole head comes within 10 s, checked once a second. */
export const HEAD_TIMES = { headersTimeout: 10_000, connectionsCheckingInterval: 1_000 } as const;
/**
 * Connections that the kernel keeps until they are accepted; it takes no more than net.core.somaxconn, 4096 since Linux
 * 5.4. With Node's 511 a burst fills the queue, and a client whose packet is dropped there waits a second.
 */
export const ACCEPT_BACKLOG = 4096;

/** The limits of a listener as set, or what the process has descriptors for; the log then says so. */
export function connectionLimits(
  config: { maxConnections: number; maxConnectionsPerAddress: number },
  logger: { warn(fields: object, message: string): void },
): ConnectionLimits {
  const total = affordableConnections(config.maxConnections);
  if (total < config.maxConnections) {
    const fields = { wanted: config.maxConnections, connections: total };
    logger.warn(fields, 'fewer connections than set: raise the limit of open files (LimitNOFILE, ulimit -n)');
  }
  return { total, perAddress: Math.min(config.maxConnectionsPerAddress, total), firstByteMs: FIRST_BYTE_MS };
}

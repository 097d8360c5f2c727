import type { ConnectionLimits } from './connection-guard.ts';
import { affordableConnections } from './open-files.ts';

/** Maximum milliseconds from accept to the first byte. Clients send immediately, and a lost packet delays the first byte by 3 s. */
const FIRST_BYTE_MS = 5_000;
/** Maximum milliseconds from the first byte to the end of the TLS handshake. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Options of an HTTP server. Request headers must be complete within 10 s, which Node checks once per second. */
export const HEAD_TIMES = { headersTimeout: 10_000, connectionsCheckingInterval: 1_000 } as const;
/**
 * Length of the kernel's queue of unaccepted connections, limited by net.core.somaxconn (4096 since Linux 5.4). With Node's default of 511,
 * a burst of connections overflows the queue, and each client whose packet is dropped waits a second.
 */
export const ACCEPT_BACKLOG = 4096;

/** Returns the configured limits of a listener. Lowers the limits, with a warning, if the process has too few descriptors. */
export function connectionLimits(
  config: { maxConnections: number; maxConnectionsPerAddress: number },
  logger: { warn(fields: object, message: string): void },
): ConnectionLimits {
  const total = affordableConnections(config.maxConnections);
  if (total < config.maxConnections) {
    const fields = { wanted: config.maxConnections, connections: total };
    logger.warn(fields, 'fewer connections than configured: raise the limit of open files (LimitNOFILE, ulimit -n)');
  }
  return { total, perAddress: Math.min(config.maxConnectionsPerAddress, total), firstByteMs: FIRST_BYTE_MS };
}

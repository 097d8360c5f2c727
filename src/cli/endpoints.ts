import { dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isLoopbackHost } from '../config/transport-policy.ts';
import type { InternalSocket } from '../gateway/internal-socket.ts';
import { folderForSocket } from '../supervisor/socket-folder.ts';

/*
 * What the roles know about each other. Apart from `compose.ts`, because supervisor and gateway need nothing else of it:
 * with queue, SQL builder and storage client each of them took 25 MB more and 150 ms longer to start.
 */

/** Name of the bucket that the embedded gateway serves. */
export const EMBEDDED_BUCKET = 'airlock';
export const EMBEDDED_REGION = 'local';

/** How a role reaches another; set by the supervisor, not for operators. */
export const STORAGE_ENDPOINT_VARIABLE = 'AIRLOCK_INTERNAL_STORAGE_ENDPOINT';

/** Where the embedded gateway keeps its objects. */
export function storageRoot(config: Pick<Config, 'dataDir'>): string {
  return join(config.dataDir, 'storage');
}

const SOCKET_NAME = 'storage.sock';

/**
 * Where the embedded gateway serves our own roles: no client reaches it, so none can take its connections. Its folder is
 * the account's alone, unless the operator has named another socket for roles with accounts of their own.
 */
export function storageSocket(config: Pick<Config, 'dataDir' | 'storageSocket'>): InternalSocket & { folder: string } {
  const { storageSocket: named, dataDir } = config;
  if (named) return { path: named, mode: 0o660, folder: dirname(named) };
  const folder = folderForSocket(dataDir, SOCKET_NAME, process.getuid!(), process.env);
  return { path: join(folder, SOCKET_NAME), mode: 0o600, folder };
}

/** The URL of something that listens on the configured address; a wildcard address is reached over loopback. */
export function listenUrl(config: Pick<Config, 'host'>, port: number, tls: boolean): string {
  const wildcard: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const host = wildcard[config.host] ?? (config.host.includes(':') ? `[${config.host}]` : config.host);
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}

/** Metrics are plain HTTP and ask for no key: they never leave this machine, whatever the API listens on. */
export function metricsHost(config: Pick<Config, 'host'>): string {
  return isLoopbackHost(config.host) ? config.host : '127.0.0.1';
}

import { dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isLoopbackHost } from '../config/transport-policy.ts';
import type { InternalSocket } from '../gateway/internal-socket.ts';
import { folderForSocket } from '../supervisor/socket-folder.ts';

/*
 * Addresses at which roles reach each other. They are not in `compose.ts`, because supervisor and gateway need nothing else from that file.
 * Its queue, SQL builder and storage client would cost each of them 25 MB and 150 ms at the start.
 */

/** Name of the bucket that the embedded gateway serves. */
export const EMBEDDED_BUCKET = 'airlock';
export const EMBEDDED_REGION = 'local';

/** Variable with which the supervisor passes the address of storage to roles. Operators don't set it. */
export const STORAGE_ENDPOINT_VARIABLE = 'AIRLOCK_INTERNAL_STORAGE_ENDPOINT';

/** Returns the folder of the embedded gateway's objects. */
export function storageRoot(config: Pick<Config, 'dataDir'>): string {
  return join(config.dataDir, 'storage');
}

/** Returns the folder that contains a folder for each running attempt. */
export function workRoot(config: Pick<Config, 'dataDir'>): string {
  return join(config.dataDir, 'work');
}

const SOCKET_NAME = 'storage.sock';

/**
 * Returns the socket on which the embedded gateway serves Airlock's own processes. Clients cannot reach this socket, so they cannot use up
 * its connections. Only the socket's owner can enter its folder, unless the operator configures another socket for roles that run under
 * separate accounts.
 */
export function storageSocket(config: Pick<Config, 'dataDir' | 'storageSocket'>): InternalSocket & { folder: string } {
  const { storageSocket: named, dataDir } = config;
  if (named) return { path: named, mode: 0o660, folder: dirname(named) };
  const folder = folderForSocket(dataDir, SOCKET_NAME, process.getuid!(), process.env);
  return { path: join(folder, SOCKET_NAME), mode: 0o600, folder };
}

/** Returns the URL of a listener on the configured address. A wildcard address becomes loopback. */
export function listenUrl(config: Pick<Config, 'host'>, port: number, tls: boolean): string {
  const wildcard: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const host = wildcard[config.host] ?? (config.host.includes(':') ? `[${config.host}]` : config.host);
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}

/**
 * Returns the host on which metrics are served: always loopback, even if the API listens on another address, because metrics use plain HTTP
 * without a key.
 */
export function metricsHost(config: Pick<Config, 'host'>): string {
  return isLoopbackHost(config.host) ? config.host : '127.0.0.1';
}

import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { clientAddressOf } from '../config/client-address.ts';
import { DEFAULT_RESERVE, type DiskReserve, diskSpace } from '../config/disk-reserve.ts';
import { secureRequestTest } from '../config/secure-request.ts';
import { isLoopbackHost } from '../config/transport-policy.ts';
import { type ConnectionLimits, guardConnections } from '../listener/connection-guard.ts';
import { ACCEPT_BACKLOG, HANDSHAKE_TIMEOUT_MS, HEAD_TIMES } from '../listener/listener-limits.ts';
import type { GatewayLogger } from './access-log.ts';
import type { Credential } from './authenticate.ts';
import type { MinimumRate } from './context.ts';
import { type Disk, openDisk } from './disk.ts';
import { type InternalSocket, listenOnSocket } from './internal-socket.ts';
import { createListener, type ListenerOptions } from './listener.ts';
import { openUploads, type Uploads } from './multipart/uploads.ts';
import { createPieces, type Pieces } from './pieces.ts';
import { Reservations } from './reservations.ts';
import { StoredFeed } from './stored-feed.ts';
import { openTransfers } from './transfers.ts';

export interface GatewayOptions {
  /** Folder of the objects, which is created if it is missing. Only one gateway may use the folder. */
  root: string;
  bucket: string;
  /** More than one credential during a rotation. */
  credentials: readonly Credential[];
  region: string;
  host: string;
  /** TCP port. 0 selects a free port. */
  port: number;
  /** Socket for internal roles on this machine. */
  internalSocket?: InternalSocket;
  /** Certificate and key in PEM. Plain HTTP if absent, which the caller allows only on loopback. */
  tls?: { cert: string; key: string };
  /** CIDRs of proxies that terminate TLS. The headers `x-forwarded-proto` and `x-forwarded-for` of these proxies are trusted. */
  trustProxy?: readonly string[];
  maxObjectBytes: number;
  /** Folder from which workers of the same account can hand over files. Without a folder, the gateway accepts no hand-over. */
  handOverRoot?: string;
  /** Free disk space that no PUT may use. */
  reserve?: DiskReserve;
  logger: GatewayLogger;
  /** Returns the time in milliseconds since 1970. Tests replace the clock. */
  now?: () => number;
  minimumRate?: MinimumRate;
  /** Memory of downloads, which tests inspect. */
  pieces?: Pieces;
  /** Connection limits per address and in total. */
  connections: ConnectionLimits;
  /** Time limit for the headers of a request, in milliseconds. */
  headersTimeoutMs?: number;
}

export interface Gateway {
  port: number;
  /** Stops accepting requests, waits up to `graceMs` (10 s) for running requests to finish, then closes their connections. */
  close(graceMs?: number): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Maximum duration of an upload in milliseconds, even if the upload is faster than the minimum rate. */
const REQUEST_TIMEOUT_MS = 6 * HOUR_MS;

/** Starts the embedded object store: a strict subset of S3 over one folder. Rejects if the gateway cannot listen. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const disk = await openDisk(options.root, options.now);
  const uploads = await openUploads(disk.root, options.now);
  const reservations = new Reservations(() => diskSpace(disk.root, options.reserve ?? DEFAULT_RESERVE));
  const stored = new StoredFeed();
  const connections: Pick<ListenerOptions, 'onAuthenticated' | 'closePipelined'> = {
    onAuthenticated: (request) => guard.protect(request),
    closePipelined: (socket) => guard.closePipelined(socket),
  };
  const { listener, onContinue } = createListener(
    listenerOptions(options, { disk, uploads, reservations, stored, ...connections }),
  );
  const { server, internal } = createServers(options, listener);
  const guard = guardConnections(server, {
    limits: options.connections,
    trustProxy: options.trustProxy ?? [],
    onRejected: (summary) => options.logger.warn(summary, 'storage connections rejected'),
  });
  for (const each of [server, internal]) {
    each.on('checkContinue', onContinue);
    each.on('clientError', sendParseError);
  }
  await listenOnBoth(server, internal, options);

  const sweep = () => sweepStorage(disk, uploads, options.logger);
  await sweep();
  const timer = setInterval(sweep, HOUR_MS).unref();
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs = 10_000) {
      clearInterval(timer);
      reservations.close();
      stored.close();
      await Promise.all([
        shutDown(server, () => guard.closeIdle(), graceMs),
        shutDown(internal, () => internal.closeIdleConnections(), graceMs),
      ]);
    },
  };
}

function listenerOptions(
  options: GatewayOptions,
  parts: Pick<ListenerOptions, 'disk' | 'uploads' | 'reservations' | 'stored' | 'onAuthenticated' | 'closePipelined'>,
): ListenerOptions {
  const { bucket, maxObjectBytes, logger, credentials, region } = options;
  return {
    ...parts,
    transfers: openTransfers(options.connections.total),
    pieces: options.pieces ?? createPieces(),
    addressOf: clientAddressOf(options.trustProxy ?? []),
    ...{ bucket, maxObjectBytes, logger, handOverRoot: options.handOverRoot ?? null },
    tls: options.tls !== undefined,
    isSecure: secureRequestTest({ loopbackOnly: isLoopbackHost(options.host), trustProxy: options.trustProxy ?? [] }),
    verifier: { credentials, region, now: options.now ?? Date.now },
    minimumRate: options.minimumRate ?? { bytesPerSecond: 1000, windowMs: 60_000 },
  };
}

/** Creates the public server, and the server on a Unix socket for Airlock's own processes. */
function createServers({ tls, headersTimeoutMs }: GatewayOptions, listener: RequestListener) {
  const limits = {
    maxHeaderSize: 16_384,
    ...HEAD_TIMES,
    headersTimeout: headersTimeoutMs ?? HEAD_TIMES.headersTimeout,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 15_000,
    noDelay: true,
  };
  const server: Server = tls
    ? createHttpsServer(
        { ...limits, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
        listener,
      )
    : createHttpServer(limits, listener);
  return { server, internal: createHttpServer(limits, listener) };
}

async function listenOnBoth(server: Server, internal: Server, options: GatewayOptions): Promise<void> {
  await listen(server, options);
  if (options.internalSocket) {
    await listenOnSocket(internal, options.internalSocket).catch((error) => {
      server.close();
      throw error;
    });
  }
  for (const each of [server, internal]) {
    each.on('error', ({ code }: NodeJS.ErrnoException) => options.logger.error({ code }, 'storage server error'));
  }
}

async function sweepStorage(disk: Disk, uploads: Uploads, logger: GatewayOptions['logger']): Promise<void> {
  try {
    await disk.closed.sweep();
    const aborted = await uploads.sweep();
    if (aborted > 0) logger.info({ aborted }, 'expired multipart uploads aborted');
    const removed = await disk.sweepTemp();
    if (removed > 0) logger.info({ removed }, 'leftover temp files removed');
  } catch (error) {
    logger.error({ code: (error as NodeJS.ErrnoException).code }, 'storage sweep failed');
  }
}

function listen(server: Server, { host, port }: GatewayOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: ACCEPT_BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function shutDown(server: Server, closeIdle: () => void, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    // A keep-alive connection becomes idle only after its last response has been sent.
    const idle = setInterval(closeIdle, 50);
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(timer);
      resolve();
    });
    closeIdle();
  });
}

/** Responds to requests that the HTTP parser rejected. Such a request has no request object, so this function writes to the socket. */
function sendParseError(error: NodeJS.ErrnoException, socket: Socket): void {
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

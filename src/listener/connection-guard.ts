import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { addressGroup, addressMatcher } from '../config/addresses.ts';

export interface ConnectionLimits {
  /** Maximum of concurrent connections. */
  total: number;
  /** Maximum of concurrent connections per IPv4 address or IPv6 /64. */
  perAddress: number;
  /** Maximum of milliseconds from accept to the first byte. */
  firstByteMs: number;
}

export const REFUSALS = ['address_limit', 'total_limit', 'evicted', 'silent', 'slow_head'] as const;

/**
 * Why a connection was closed: too many of its address; too many in total; evicted for another address while idle or not
 * authenticated; no first byte in time; incomplete request headers.
 */
export type Refusal = (typeof REFUSALS)[number];

export interface ConnectionCounts {
  open: number;
  refused: Record<Refusal, number>;
}

export interface ConnectionGuard {
  counts(): ConnectionCounts;
  /** Protects the connection from eviction until the request has been answered. Call it after the authentication. */
  protect(request: IncomingMessage): void;
  /** Closes connections without a running request, also those that browsers open in advance. */
  closeIdle(): void;
}

export interface GuardOptions {
  limits: ConnectionLimits;
  /** CIDRs of proxies. A proxy has many clients, so only the total limit applies to it. */
  trustProxy: readonly string[];
  /** Called at most every ten seconds; `address` is the last one rejected. */
  onRefused: (summary: { address: string; refused: Partial<Record<Refusal, number>>; open: number }) => void;
}

interface Connection {
  peer: string;
  /** The TLS session, once there is one; otherwise `raw`. */
  socket: Socket;
  raw: Socket;
  group: Group;
  openedAt: number;
  /** Running requests. */
  requests: number;
  /** Whether a running request has been authenticated. */
  isProtected: boolean;
}

interface Group {
  address: string;
  /** In order of arrival. */
  connections: Set<Connection>;
  isProxy: boolean;
}

const SWEEP_MS = 1_000;
const REPORT_MS = 10_000;

/**
 * Limits the connections of a listener per address and in total. Runs before HTTP and TLS, so that an excess connection
 * costs no parser and no handshake. At the total limit, a new connection evicts one of the address with the most
 * connections, provided that its own address has fewer: an idle one, or else one whose request has not been authenticated.
 * Must be called before the server listens. The server must handle `clientError`.
 */
export function guardConnections(server: HttpServer | HttpsServer, options: GuardOptions): ConnectionGuard {
  const { limits } = options;
  const isProxy = addressMatcher(options.trustProxy);
  const groups = new Map<string, Group>();
  const byPeer = new Map<string, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  /** Connections that have sent nothing yet, oldest first. */
  const silent = new Set<Connection>();
  const refusals = createTally(options.onRefused, () => byPeer.size);

  function admit(socket: Socket): boolean {
    const { remoteAddress } = socket;
    // The client has already disconnected.
    if (remoteAddress === undefined) return false;
    const address = addressGroup(remoteAddress);
    const group = groups.get(address) ?? { address, connections: new Set(), isProxy: isProxy(remoteAddress) };
    if (!group.isProxy && group.connections.size >= limits.perAddress) return refuse('address_limit', address);
    if (byPeer.size >= limits.total && !evictFor(group)) return refuse('total_limit', address);
    track(socket, group);
    return true;
  }

  function refuse(reason: Refusal, address: string): false {
    refusals.add(reason, address);
    return false;
  }

  function track(socket: Socket, group: Group): void {
    const peer = peerOf(socket);
    const openedAt = performance.now();
    const connection = { peer, socket, raw: socket, group, openedAt, requests: 0, isProtected: false };
    byPeer.set(peer, connection);
    bySocket.set(socket, connection);
    groups.set(group.address, group);
    group.connections.add(connection);
    silent.add(connection);
    socket.once('close', () => untrack(connection));
  }

  function untrack(connection: Connection): void {
    const { peer, group } = connection;
    silent.delete(connection);
    group.connections.delete(connection);
    if (group.connections.size === 0) groups.delete(group.address);
    if (byPeer.get(peer) === connection) byPeer.delete(peer);
  }

  function evictFor(newcomer: Group): boolean {
    const larger = [...groups.values()].filter(
      (group) => !group.isProxy && group.connections.size > newcomer.connections.size,
    );
    larger.sort((a, b) => b.connections.size - a.connections.size);
    for (const { connections } of larger) {
      const all = [...connections];
      const evicted = all.find(({ requests }) => requests === 0) ?? all.find(({ isProtected }) => !isProtected);
      if (!evicted) continue;
      end(evicted, 'evicted');
      return true;
    }
    return false;
  }

  function end(connection: Connection, reason: Refusal): void {
    refuse(reason, connection.group.address);
    // Untrack it immediately, not when the kernel has closed it.
    untrack(connection);
    connection.raw.resetAndDestroy();
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = bySocket.get(request.socket);
    if (!connection) return;
    connection.requests++;
    response.once('close', () => {
      connection.requests--;
      connection.isProtected = false;
    });
  };
  const accept = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // A reset leaves no TIME_WAIT, unlike a graceful close.
    if (!admit(socket)) return void socket.resetAndDestroy();
    for (const listener of accept) listener.call(server, socket);
  });
  server.on('secureConnection', (session: Socket) => {
    const connection = byPeer.get(peerOf(session));
    if (!connection) return;
    connection.socket = session;
    bySocket.set(session, connection);
  });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refuse('slow_head', addressGroup(socket.remoteAddress ?? ''));
  });
  const sweep = setInterval(() => {
    const before = performance.now() - limits.firstByteMs;
    for (const connection of silent) {
      if (connection.raw.bytesRead > 0) silent.delete(connection);
      else if (connection.openedAt <= before) end(connection, 'silent');
    }
    refusals.report();
  }, SWEEP_MS).unref();
  server.once('close', () => clearInterval(sweep));

  return {
    counts: () => ({ open: byPeer.size, refused: refusals.counts() }),
    protect({ socket }) {
      const connection = bySocket.get(socket);
      if (connection) connection.isProtected = true;
    },
    closeIdle() {
      for (const { requests, socket } of byPeer.values()) if (requests === 0) socket.destroySoon();
    },
  };
}

/** Identifies a connection: with TLS, request and connection have different socket objects, but the same peer. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
}

/** Counts rejections and reports them periodically, so that rejected clients cannot fill the log. */
function createTally(onRefused: GuardOptions['onRefused'], open: () => number) {
  const counts = Object.fromEntries(REFUSALS.map((reason) => [reason, 0])) as Record<Refusal, number>;
  let reportedAt = -Infinity;
  let fresh: Partial<Record<Refusal, number>> = {};
  let last = '';
  const report = (): void => {
    if (last === '' || performance.now() - reportedAt < REPORT_MS) return;
    onRefused({ address: last, refused: fresh, open: open() });
    reportedAt = performance.now();
    fresh = {};
    last = '';
  };
  return {
    counts: () => ({ ...counts }),
    add(reason: Refusal, address: string): void {
      counts[reason]++;
      fresh[reason] = (fresh[reason] ?? 0) + 1;
      last = address;
    },
    report,
  };
}

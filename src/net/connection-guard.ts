import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { addressGroup, addressMatcher } from '../config/addresses.ts';

export interface ConnectionLimits {
  /** Maximum of concurrent connections of all addresses together. */
  total: number;
  /** Maximum of concurrent connections of one IPv4 address or one IPv6 /64. */
  perAddress: number;
  /** Milliseconds from accept to the first byte. */
  firstByteMs: number;
}

export const REFUSALS = ['address_limit', 'total_limit', 'evicted', 'silent', 'slow_head'] as const;

/**
 * Why a connection was ended: its address had too many; there were too many in all; it was idle and made room for
 * another address; it sent nothing; it did not finish its request's head in time.
 */
export type Refusal = (typeof REFUSALS)[number];

export interface ConnectionCounts {
  open: number;
  refused: Record<Refusal, number>;
}

export interface ConnectionGuard {
  counts(): ConnectionCounts;
  /** Ends the connections that serve no request, also those that never sent one: browsers open such ahead of need. */
  closeIdle(): void;
}

export interface GuardOptions {
  limits: ConnectionLimits;
  /** CIDRs of proxies. Each carries many clients, so only the limit for all addresses applies to it. */
  trustProxy: readonly string[];
  /** Called at most once in ten seconds; `address` is the last one refused. */
  onRefused: (summary: { address: string; refused: Partial<Record<Refusal, number>>; open: number }) => void;
}

interface Connection {
  peer: string;
  /** With TLS: that of the session, once there is one. */
  socket: Socket;
  raw: Socket;
  group: Group;
  openedAt: number;
  /** Requests under way. */
  requests: number;
}

interface Group {
  address: string;
  /** In the order of their arrival. */
  connections: Set<Connection>;
  isProxy: boolean;
}

const SWEEP_MS = 1_000;
const REPORT_MS = 10_000;

/**
 * Bounds what one address can take of a listener. It runs before HTTP and TLS, so that an excess connection costs
 * no parser and no handshake. When all places are taken, an idle connection of the address with the most makes room,
 * provided that the newcomer's address has fewer. Must be called before the server listens, and the server must handle
 * `clientError` itself.
 */
export function guardConnections(server: HttpServer | HttpsServer, options: GuardOptions): ConnectionGuard {
  const { limits } = options;
  const isProxy = addressMatcher(options.trustProxy);
  const groups = new Map<string, Group>();
  const byPeer = new Map<string, Connection>();
  /** Those that have sent nothing yet, oldest first. */
  const silent = new Set<Connection>();
  const refusals = createTally(options.onRefused, () => byPeer.size);

  function admit(socket: Socket): boolean {
    const { remoteAddress } = socket;
    // Its client is gone already.
    if (remoteAddress === undefined) return false;
    const address = addressGroup(remoteAddress);
    const group = groups.get(address) ?? { address, connections: new Set(), isProxy: isProxy(remoteAddress) };
    if (!group.isProxy && group.connections.size >= limits.perAddress) return refuse('address_limit', address);
    if (byPeer.size >= limits.total && !makeRoom(group)) return refuse('total_limit', address);
    keep(socket, group);
    return true;
  }

  function refuse(reason: Refusal, address: string): false {
    refusals.add(reason, address);
    return false;
  }

  function keep(socket: Socket, group: Group): void {
    const peer = peerOf(socket);
    const connection: Connection = { peer, socket, raw: socket, group, openedAt: performance.now(), requests: 0 };
    byPeer.set(peer, connection);
    groups.set(group.address, group);
    group.connections.add(connection);
    silent.add(connection);
    socket.once('close', () => forget(connection));
  }

  function forget(connection: Connection): void {
    const { peer, group } = connection;
    silent.delete(connection);
    group.connections.delete(connection);
    if (group.connections.size === 0) groups.delete(group.address);
    if (byPeer.get(peer) === connection) byPeer.delete(peer);
  }

  function makeRoom(newcomer: Group): boolean {
    const larger = [...groups.values()].filter(
      (group) => !group.isProxy && group.connections.size > newcomer.connections.size,
    );
    larger.sort((a, b) => b.connections.size - a.connections.size);
    for (const group of larger) {
      for (const connection of group.connections) {
        if (connection.requests > 0) continue;
        end(connection, 'evicted');
        return true;
      }
    }
    return false;
  }

  function end(connection: Connection, reason: Refusal): void {
    refuse(reason, connection.group.address);
    // Free its place immediately, not when the kernel has closed it.
    forget(connection);
    connection.raw.resetAndDestroy();
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = byPeer.get(peerOf(request.socket));
    if (!connection) return;
    connection.requests++;
    response.once('close', () => connection.requests--);
  };
  const accept = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // A reset leaves no TIME_WAIT behind, as an orderly end on our side would.
    if (!admit(socket)) return void socket.resetAndDestroy();
    for (const listener of accept) listener.call(server, socket);
  });
  server.on('secureConnection', (session: Socket) => {
    const connection = byPeer.get(peerOf(session));
    if (connection) connection.socket = session;
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
    closeIdle() {
      for (const { requests, socket } of byPeer.values()) if (requests === 0) socket.destroySoon();
    },
  };
}

/** With TLS the socket of a request is another object than that of its connection; both have the same peer. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
}

/** Counts refusals, and logs them now and then: refused clients must not be able to fill the log. */
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

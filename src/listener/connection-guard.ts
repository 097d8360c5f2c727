import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { addressGroup, addressMatcher } from '../config/addresses.ts';
import { type AddressRates, createAddressRates } from './address-rates.ts';

export interface ConnectionLimits {
  /** Maximum number of concurrent connections. */
  total: number;
  /** Maximum number of concurrent connections per IPv4 address or IPv6 /64. */
  perAddress: number;
  /**
   * Number of new connections that an address may open per minute, in addition to half of `perAddress` at once. If omitted, only concurrent
   * connections are limited.
   */
  newPerMinute?: number;
  /** Maximum milliseconds from accept to the first byte. */
  firstByteMs: number;
}

export const REJECTION_REASONS = [
  /** The address had too many connections. */
  'address_limit',
  /** The address opened too many new connections. */
  'address_rate',
  /** There were too many connections in total. */
  'total_limit',
  /** The connection was idle or not authenticated, and was closed in favor of another address. */
  'evicted',
  /** The first byte was not received in time. */
  'silent',
  /** The request headers were not complete in time. */
  'slow_head',
  /** Too many requests waited for earlier requests. */
  'pipelined',
] as const;

/** Why a connection was closed. */
export type RejectionReason = (typeof REJECTION_REASONS)[number];

export interface ConnectionCounts {
  open: number;
  rejected: Record<RejectionReason, number>;
}

export interface ConnectionGuard {
  counts(): ConnectionCounts;
  /** Protects the connection from eviction until the request has a response. Call this after the authentication. */
  protect(request: IncomingMessage): void;
  /**
   * Closes a connection with too many requests that wait for earlier requests. Such a connection costs as much as many connections, so it
   * counts as many new connections of its address.
   */
  closePipelined(socket: Socket): void;
  /**
   * Counts a connection that is closed because its client has not sent a complete body. The connection cost a parser, a request and a
   * response, so it counts as several new connections of its address.
   */
  countUnsent(socket: Socket): void;
  /** Closes connections without a running request, including connections that browsers open in advance. */
  closeIdle(): void;
}

export interface GuardOptions {
  limits: ConnectionLimits;
  /** CIDRs of proxies. A proxy has many clients, so only the total limit applies to it. */
  trustProxy: readonly string[];
  /** Called at most every ten seconds. `address` is the address that was rejected last. */
  onRejected: (summary: { address: string; rejected: Partial<Record<RejectionReason, number>>; open: number }) => void;
}

interface Connection {
  peer: string;
  /** The TLS session once its handshake is complete. Until then, `raw`. */
  socket: Socket;
  raw: Socket;
  group: Group;
  openedAt: number;
  /** Number of running requests. */
  requests: number;
  /** Whether a running request has been authenticated. */
  isProtected: boolean;
}

interface Group {
  address: string;
  /** Connections in order of arrival. */
  connections: Set<Connection>;
  isProxy: boolean;
}

const SWEEP_MS = 1_000;
/**
 * Number of new connections that a connection counts as when it is closed for pipelining. Parsing its requests costs Node about as much.
 */
const PIPELINED_COST = 16;
/** Number of new connections that a connection counts as when it is closed because its client has not sent its body. */
const UNSENT_COST = 8;
const REPORT_MS = 10_000;

/**
 * Limits the connections of a listener per address and in total. Runs before HTTP and TLS, so that an excess connection costs no parser and
 * no handshake. At the total limit, a new connection evicts a connection of another address that has more connections, starting with the
 * address that has the most. The evicted connection is idle or, if the address has no idle connection, has a request that is not
 * authenticated. Call this before the server listens. The server must handle `clientError`.
 */
export function guardConnections(server: HttpServer | HttpsServer, options: GuardOptions): ConnectionGuard {
  const guard = new Connections(options);
  const accept = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // A reset leaves no TIME_WAIT state, unlike a graceful close.
    if (!guard.admit(socket)) return void socket.resetAndDestroy();
    for (const listener of accept) listener.call(server, socket);
  });
  server.on('secureConnection', (session: Socket) => guard.secured(session));
  const onRequest = (request: IncomingMessage, response: ServerResponse) => guard.countRequest(request, response);
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') guard.countSlowHead(socket);
  });
  const sweep = setInterval(() => guard.sweep(), SWEEP_MS).unref();
  server.once('close', () => clearInterval(sweep));
  return guard;
}

/** The open connections of a listener. */
class Connections implements ConnectionGuard {
  readonly #limits: ConnectionLimits;
  readonly #isProxy: (address: string) => boolean;
  readonly #rates: AddressRates | null;
  readonly #groups = new Map<string, Group>();
  readonly #byPeer = new Map<string, Connection>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** Connections that have sent nothing yet, oldest first. */
  readonly #silent = new Set<Connection>();
  readonly #rejections: ReturnType<typeof createTally>;

  constructor({ limits, trustProxy, onRejected }: GuardOptions) {
    this.#limits = limits;
    this.#isProxy = addressMatcher(trustProxy);
    const { newPerMinute: perMinute, perAddress } = limits;
    this.#rates = perMinute === undefined ? null : createAddressRates({ burst: Math.ceil(perAddress / 2), perMinute });
    this.#rejections = createTally(onRejected, () => this.#byPeer.size);
  }

  /** Tracks a new connection, unless a limit or its client has closed it. */
  admit(socket: Socket): boolean {
    const { remoteAddress } = socket;
    // The client has already disconnected.
    if (remoteAddress === undefined) return false;
    const address = addressGroup(remoteAddress);
    const isProxy = this.#isProxy(remoteAddress);
    const group = this.#groups.get(address) ?? { address, connections: new Set(), isProxy };
    const isFull = !group.isProxy && group.connections.size >= this.#limits.perAddress;
    if (isFull) return this.#reject('address_limit', address);
    // Each connection costs an HTTP parser and a response, so many short connections would delay other clients.
    const isTooFast = !group.isProxy && this.#rates !== null && this.#rates.spend(address) > 0;
    if (isTooFast) return this.#reject('address_rate', address);
    const isTotalFull = this.#byPeer.size >= this.#limits.total && !this.#evictFor(group);
    if (isTotalFull) return this.#reject('total_limit', address);
    this.#track(socket, group);
    return true;
  }

  /** Records the TLS session of a connection whose handshake is complete. */
  secured(session: Socket): void {
    const connection = this.#byPeer.get(peerOf(session));
    if (!connection) return;
    connection.socket = session;
    this.#bySocket.set(session, connection);
  }

  countRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#bySocket.get(request.socket);
    if (!connection) return;
    connection.requests++;
    response.once('close', () => {
      connection.requests--;
      connection.isProtected = false;
    });
  }

  countSlowHead(socket: Socket): void {
    this.#reject('slow_head', addressGroup(socket.remoteAddress ?? ''));
  }

  /** Ends connections that have been silent for too long, and reports rejections. */
  sweep(): void {
    const before = performance.now() - this.#limits.firstByteMs;
    for (const connection of this.#silent) {
      if (connection.raw.bytesRead > 0) this.#silent.delete(connection);
      else if (connection.openedAt <= before) this.#end(connection, 'silent');
    }
    this.#rejections.report();
  }

  counts(): ConnectionCounts {
    return { open: this.#byPeer.size, rejected: this.#rejections.counts() };
  }

  protect({ socket }: IncomingMessage): void {
    const connection = this.#bySocket.get(socket);
    if (connection) connection.isProtected = true;
  }

  closePipelined(socket: Socket): void {
    const connection = this.#bySocket.get(socket);
    if (!connection) return void socket.destroy();
    this.#charge(connection, PIPELINED_COST);
    this.#end(connection, 'pipelined');
  }

  countUnsent(socket: Socket): void {
    const connection = this.#bySocket.get(socket);
    if (connection) this.#charge(connection, UNSENT_COST);
  }

  closeIdle(): void {
    for (const { requests, socket } of this.#byPeer.values()) if (requests === 0) socket.destroySoon();
  }

  #charge({ group: { address, isProxy } }: Connection, connections: number): void {
    if (!isProxy) this.#rates?.use(address, connections);
  }

  #reject(reason: RejectionReason, address: string): false {
    this.#rejections.add(reason, address);
    return false;
  }

  #track(socket: Socket, group: Group): void {
    const peer = peerOf(socket);
    const openedAt = performance.now();
    const connection = { peer, socket, raw: socket, group, openedAt, requests: 0, isProtected: false };
    this.#byPeer.set(peer, connection);
    this.#bySocket.set(socket, connection);
    this.#groups.set(group.address, group);
    group.connections.add(connection);
    this.#silent.add(connection);
    socket.once('close', () => this.#untrack(connection));
  }

  #untrack(connection: Connection): void {
    const { peer, group } = connection;
    this.#silent.delete(connection);
    group.connections.delete(connection);
    if (group.connections.size === 0) this.#groups.delete(group.address);
    if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
  }

  #evictFor(newcomer: Group): boolean {
    const larger = [...this.#groups.values()].filter(
      (group) => !group.isProxy && group.connections.size > newcomer.connections.size,
    );
    larger.sort((a, b) => b.connections.size - a.connections.size);
    for (const { connections } of larger) {
      const all = [...connections];
      const evicted = all.find(({ requests }) => requests === 0) ?? all.find(({ isProtected }) => !isProtected);
      if (!evicted) continue;
      this.#end(evicted, 'evicted');
      return true;
    }
    return false;
  }

  #end(connection: Connection, reason: RejectionReason): void {
    this.#reject(reason, connection.group.address);
    // Untrack the connection immediately, not when the kernel has closed it.
    this.#untrack(connection);
    connection.raw.resetAndDestroy();
  }
}

/**
 * Returns a key that identifies a connection. With TLS, the request and the connection have different socket objects, but the same peer.
 */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
}

/** Counts rejections, and reports their totals at most once per `REPORT_MS`, so that rejected clients cannot fill the log. */
function createTally(onRejected: GuardOptions['onRejected'], open: () => number) {
  const counts = Object.fromEntries(REJECTION_REASONS.map((reason) => [reason, 0])) as Record<RejectionReason, number>;
  let reportedAt = -Infinity;
  let fresh: Partial<Record<RejectionReason, number>> = {};
  let last = '';
  const report = (): void => {
    if (last === '' || performance.now() - reportedAt < REPORT_MS) return;
    onRejected({ address: last, rejected: fresh, open: open() });
    reportedAt = performance.now();
    fresh = {};
    last = '';
  };
  return {
    counts: () => ({ ...counts }),
    add(reason: RejectionReason, address: string): void {
      counts[reason]++;
      fresh[reason] = (fresh[reason] ?? 0) + 1;
      last = address;
    },
    report,
  };
}

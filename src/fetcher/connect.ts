import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { AddressPolicy } from './addresses.ts';
import { FetchError } from './errors.ts';
import { hostOf, isLocalhost, LOOPBACK, NOT_PUBLIC, portOf, wrongPort } from './source-url.ts';

export interface ResolvedAddress {
  address: string;
  family: number;
}

/** Resolves a host name to all of its addresses. */
export type Lookup = (hostname: string) => Promise<ResolvedAddress[]>;

/** Time limit of DNS, TCP and TLS together, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface ConnectGuard {
  policy: AddressPolicy;
  /** Allowed ports of public addresses. Addresses that the operator allows may be reached on any port. */
  ports: readonly number[];
  lookup: Lookup;
  /** Additional trusted certificate authorities, in PEM. */
  ca?: string | undefined;
  connectTimeoutMs?: number | undefined;
  /** Aborts a connection that is still being opened. */
  signal: AbortSignal;
  /** Called with rejected addresses, for the operator's log. Users must not see these addresses. */
  onRejected?: (host: string, address: string) => void;
}

/**
 * Connects to the host of a URL. Opens no socket before every address of the host has been checked, and sends no byte
 * before the peer's address has been checked again. Resolves the name once and connects only to the checked addresses,
 * so that a second DNS response (rebinding) has no effect.
 */
export async function connectGuarded(url: URL, guard: ConnectGuard): Promise<Socket> {
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new FetchError('source_unreachable', 'The source did not accept a connection in time.')),
    guard.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  );
  try {
    const signal = AbortSignal.any([guard.signal, timeout.signal]);
    return await openSocket(hostOf(url), portOf(url), url.protocol === 'https:', guard, signal);
  } finally {
    clearTimeout(timer);
  }
}

async function openSocket(host: string, port: number, secure: boolean, guard: ConnectGuard, signal: AbortSignal) {
  const addresses = await unlessAborted(resolve(host, guard), signal);
  for (const { address } of addresses) checkAddress(host, address, port, guard);

  const socket = connectTcp({
    host,
    port,
    noDelay: true,
    autoSelectFamily: true,
    lookup: (_host, options, callback) => {
      const first = addresses[0]!;
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    },
  });
  await opened(socket, 'connect', signal);
  try {
    checkAddress(host, socket.remoteAddress ?? '', port, guard);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (!secure) return socket;

  const tls = connectTls({
    socket,
    host,
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(guard.ca === undefined ? {} : { ca: [...rootCertificates, guard.ca] }),
  });
  await opened(tls, 'secureConnect', signal);
  return tls;
}

/** Resolves all addresses of a host in one lookup. `localhost` resolves to the allowed loopback addresses, without DNS. */
async function resolve(host: string, guard: ConnectGuard): Promise<ResolvedAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  if (isLocalhost(host)) {
    const loopback = LOOPBACK.filter((address) => guard.policy(address) === 'allowed');
    if (loopback.length === 0) throw new FetchError('source_refused', NOT_PUBLIC);
    return loopback.map((address) => ({ address, family: isIP(address) }));
  }
  const addresses = await guard.lookup(host);
  if (addresses.length === 0) {
    throw new FetchError('source_unreachable', 'The host name of the source could not be resolved.');
  }
  return addresses;
}

function checkAddress(host: string, address: string, port: number, guard: ConnectGuard): void {
  const verdict = guard.policy(address);
  if (verdict === 'allowed') return;
  if (verdict === 'public' && guard.ports.includes(port)) return;
  guard.onRejected?.(host, address);
  throw new FetchError('source_refused', verdict === 'public' ? wrongPort(guard.ports) : NOT_PUBLIC);
}

function opened(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const finish = (error?: Error) => {
      signal.removeEventListener('abort', onAbort);
      socket.off('close', onClose);
      if (error) {
        socket.destroy();
        fail(error);
      } else {
        done();
      }
    };
    const onAbort = () => finish(signal.reason as Error);
    const onClose = () => finish(new FetchError('source_unreachable', 'The source closed the connection.'));
    // Keep this listener for the life of the socket, because an error that no listener handles would end the process.
    socket.on('error', finish);
    socket.once(event, () => finish());
    socket.once('close', onClose);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const onAbort = () => fail(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(done, fail).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

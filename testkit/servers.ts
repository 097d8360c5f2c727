import { once } from 'node:events';
import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type ServerOpts, type Socket } from 'node:net';
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls';

/*
 * Every server that tests start. Clients of the tests abort requests and close connections at any time. Node.js then ends a process whose
 * server does not handle the resulting `error` event or rejected promise. These servers ignore both. They keep any other error of a
 * handler, and `close` throws it.
 */

/** Handles a request or a connection. A handler may be asynchronous, and may throw. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;
export type ConnectionHandler<S extends Socket = Socket> = (socket: S) => unknown;

export interface Listening {
  port: number;
  /** `http://HOST:PORT`, or `https://HOST:PORT` for a server with a certificate. */
  url: string;
  /** Errors of handlers so far, except for errors of aborted requests. */
  faults: readonly unknown[];
  /** Closes the server and its connections. Throws the first error of a handler. */
  close(): Promise<void>;
}

/** Codes of the errors with which Node.js reports that the other side, or the handler itself, has closed the connection. */
const ABORTED = new Set([
  ...['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ABORT_ERR'],
  ...['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_UNABLE_TO_PIPE'],
]);

const faults = new WeakMap<Server, unknown[]>();

/** Creates an HTTP server, or an HTTPS server if the options contain a certificate. */
export function httpServer(
  handler: RequestHandler,
  options: ServerOptions & { cert?: string; key?: string } = {},
): HttpServer {
  const seen: unknown[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', ignore);
    response.on('error', ignore);
    void attempt(() => handler(request, response), seen).then((isDone) => isDone || response.destroy());
  };
  const server = options.cert ? createHttps(options, handle) : createHttp(options, handle);
  return keep(server, seen);
}

export function tcpServer(handler: ConnectionHandler, options: ServerOpts = {}): Server {
  const seen: unknown[] = [];
  return keep(createTcp(options, onConnection(handler, seen)), seen);
}

export function tlsServer(options: TlsOptions, handler: ConnectionHandler<TLSSocket>): Server {
  const seen: unknown[] = [];
  return keep(createTls(options, onConnection(handler, seen)), seen);
}

/**
 * Starts to listen, by default on a free port of loopback. A server at a path returns addresses of loopback.
 * @param where.path a Unix socket
 */
export async function listen(
  server: Server,
  where: { host?: string; port?: number; path?: string; backlog?: number } = {},
): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(where.path === undefined ? { host: '127.0.0.1', port: 0, ...where } : where);
  await once(server, 'listening');
  const { port = 0 } = server.address() as Partial<AddressInfo>;
  const seen = faults.get(server) ?? [];
  return {
    port,
    url: `${'setSecureContext' in server ? 'https' : 'http'}://${where.host ?? '127.0.0.1'}:${port}`,
    faults: seen,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
      if (seen.length > 0) throw seen[0];
    },
  };
}

/** Returns false if the work has failed. Keeps the error unless the connection was closed. */
async function attempt(work: () => unknown, seen: unknown[]): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!ABORTED.has((error as NodeJS.ErrnoException)?.code ?? '')) seen.push(error);
    return false;
  }
}

function onConnection<S extends Socket>(handler: ConnectionHandler<S>, seen: unknown[]) {
  return (socket: S) => void attempt(() => handler(socket), seen).then((isDone) => isDone || socket.destroy());
}

function keep<S extends Server>(server: S, seen: unknown[]): S {
  faults.set(server, seen);
  server.on('connection', (socket: Socket) => socket.on('error', ignore));
  server.on('secureConnection', (socket: Socket) => socket.on('error', ignore));
  return server.on('tlsClientError', ignore);
}

function ignore(): void {}

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MetricsServer {
  /** The actual port. It differs from the requested port if the requested port is 0. */
  port: number;
  close(): Promise<void>;
}

/** Milliseconds for which collected metrics are served. */
const SHARED_MS = 500;

/** The source of the metrics: a prom-client registry, or an object that returns the same text. */
export interface MetricsSource {
  contentType: string;
  metrics(): Promise<string>;
}

/**
 * Serves only `GET` and `HEAD` of `/metrics`. Rejects if the port is in use.
 * @param options.protect limits the resources that a client may use, before the server listens
 */
export async function startMetricsServer(options: {
  host: string;
  port: number;
  registry: MetricsSource;
  protect?: (server: Server) => void;
}): Promise<MetricsServer> {
  const read = shareResult(() => options.registry.metrics());
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/metrics') return void response.writeHead(404).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    }
    read().then(
      (text) => response.writeHead(200, { 'content-type': options.registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.requestTimeout = 10_000;
  options.protect?.(server);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

/**
 * Returns a function that shares the result of `work`: calls while `work` runs, and for `SHARED_MS` after it has succeeded, get the same
 * result. Collecting the metrics is costly, and every client on the network may request them.
 */
function shareResult<T>(work: () => Promise<T>): () => Promise<T> {
  let latest: Promise<T> | null = null;
  const drop = () => {
    latest = null;
  };
  return () => {
    if (latest) return latest;
    const collecting = work();
    collecting.then(() => setTimeout(drop, SHARED_MS).unref(), drop);
    latest = collecting;
    return collecting;
  };
}

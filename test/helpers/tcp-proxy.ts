import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { until } from '../../testkit/until.ts';

/** A way to a database or a storage that can be cut and mended. */
export interface TcpProxy {
  /** Address for clients of the proxy. */
  url: string;
  /** Breaks every connection; new ones are refused until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

export async function openDatabaseProxy(databaseUrl: string): Promise<TcpProxy> {
  const url = new URL(databaseUrl);
  const socketPath = join(url.searchParams.get('host')!, `.s.PGSQL.${url.port}`);
  const { port, ...proxy } = await openTcpProxy({ path: socketPath });
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { ...proxy, url: url.toString() };
}

/** A way to anything that listens on this machine. */
export async function openTcpProxy(
  target: { path: string } | { port: number },
): Promise<Omit<TcpProxy, 'url'> & { port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = 'path' in target ? dial(target.path) : dial(target.port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  const open = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await open(0);
  return {
    port,
    async cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await until(() => sockets.size === 0, { what: 'closed sockets' });
    },
    async mend() {
      if (!server.listening) await open(port);
    },
  };
}

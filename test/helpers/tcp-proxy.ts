import { once } from 'node:events';
import { type AddressInfo, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { tcpServer } from '../../testkit/servers.ts';
import { until } from '../../testkit/until.ts';

type Target = { path: string } | { port: number };

/** A proxy in front of a database or a storage, whose connections can be cut and restored. */
export interface TcpProxy {
  /** Address for clients of the proxy. */
  url: string;
  /** Breaks every connection. New connections are rejected until `restore` is called. */
  cut(): Promise<void>;
  /** Holds back all data on the current connections without breaking them. */
  mute(): void;
  /** Accepts connections again, for another target if one is given. */
  restore(target?: Target): Promise<void>;
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

/** Opens a proxy at `host` for a server on this machine. */
export async function openTcpProxy(
  target: Target,
  host = '127.0.0.1',
): Promise<Omit<TcpProxy, 'url'> & { port: number }> {
  let to = target;
  const sockets = new Set<Socket>();
  const server = tcpServer((near) => {
    const far = 'path' in to ? dial(to.path) : dial(to.port, '127.0.0.1');
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
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await open(0);
  return {
    port,
    async cut() {
      server.close();
      // Breaks only the current connections, because a `restore` that does not wait accepts new connections.
      const broken = [...sockets];
      for (const socket of broken) socket.destroy();
      await until(() => broken.every(({ closed }) => closed), { what: 'closed sockets' });
    },
    mute() {
      for (const socket of sockets) socket.pause();
    },
    async restore(target = to) {
      to = target;
      if (!server.listening) await open(port);
    },
  };
}

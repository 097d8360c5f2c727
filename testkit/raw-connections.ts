import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

export interface RawConnection {
  socket: Socket;
  /** Resolves when the connection is open or has ended. */
  connected: Promise<void>;
  ended: Promise<void>;
  /** Resolves with all received bytes as soon as they contain `part`. */
  received(part: string): Promise<string>;
}

/** Opens connections to ports of this machine that send exactly the given bytes. */
export interface RawConnections {
  /** @param from source address, because limits apply to each address */
  open(port: number, bytes?: string, from?: string): RawConnection;
  /** Returns the number of connections that are still open. */
  countOpen(): number;
  /** Ends all connections. */
  close(): void;
}

export function rawConnections(): RawConnections {
  const sockets = new Set<Socket>();
  return {
    open(port, bytes = '', from = '127.0.0.1') {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from });
      // A server that rejects a connection may reset it.
      socket.on('error', () => {});
      sockets.add(socket);
      const ended = new Promise<void>((resolve) => {
        socket.once('close', () => {
          sockets.delete(socket);
          resolve();
        });
      });
      const connected = Promise.race([ended, new Promise<void>((resolve) => socket.once('connect', resolve))]);
      if (bytes) socket.write(bytes);
      let text = '';
      const received = (part: string) => {
        if (socket.listenerCount('data') === 0) socket.on('data', (chunk) => (text += chunk));
        return until(() => (text.includes(part) ? text : null), { what: part, everyMs: 10 });
      };
      return { socket, connected, ended, received };
    },
    countOpen: () => [...sockets].filter(({ closed }) => !closed).length,
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

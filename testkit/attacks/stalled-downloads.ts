import { connect, type Socket } from 'node:net';

export interface StalledRequest {
  url: string;
  /** Source address, because limits apply to each address. All of 127.0.0.0/8 is this machine. */
  from: string;
}

/** Number of bytes of an object. It exceeds what the kernel buffers for a loopback connection whose client does not read. */
export const STALLED_BYTES = 8_000_000;
const BATCH = 100;

/**
 * Requests each URL on a separate connection, and reads only the first bytes of each response. Resolves when every request has a response
 * or was rejected. `begun` counts the downloads that have begun.
 */
export async function stallDownloads(requests: readonly StalledRequest[]): Promise<{ begun: number; end(): void }> {
  const sockets: Socket[] = [];
  let begun = 0;
  const start = (request: StalledRequest) =>
    new Promise<void>((resolve) => {
      const { hostname, port, pathname, search, host } = new URL(request.url);
      const socket = connect({ host: hostname, port: Number(port), localAddress: request.from });
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('close', () => resolve());
      socket.once('data', (chunk) => {
        socket.pause();
        if (/^HTTP\/1\.1 20/.test(chunk.toString('latin1', 0, 16))) begun++;
        resolve();
      });
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    });
  for (let at = 0; at < requests.length; at += BATCH) await Promise.all(requests.slice(at, at + BATCH).map(start));
  return {
    begun,
    end() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

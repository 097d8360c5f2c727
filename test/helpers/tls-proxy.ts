import { connect } from 'node:net';
import { join } from 'node:path';
import { loadTls } from '../../src/config/tls.ts';
import { listen, tlsServer } from '../../testkit/servers.ts';

/** Serves a port of this machine over TLS on another address. `ca` is a file with the certificate. */
export async function openTlsProxy(port: number, host: string, folder: string) {
  const material = (await loadTls({ mode: 'auto' }, folder, [host]))!;
  const server = tlsServer({ cert: material.cert, key: material.key }, (near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      socket.once('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  return { ...(await listen(server, { host })), ca: join(folder, 'tls', 'cert.pem') };
}

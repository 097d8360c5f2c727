import { listen, tcpServer } from './servers.ts';

/** Returns a port on which no program listens now. Another program may take the port before the caller does. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const { port, close } = await listen(
    tcpServer(() => {}),
    { host: address },
  );
  await close();
  return port;
}

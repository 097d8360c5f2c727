import { listen, tcpServer } from './servers.ts';

/** A port that nothing listens on now. Another program may take it before the caller does. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const { port, close } = await listen(
    tcpServer(() => {}),
    { host: address },
  );
  await close();
  return port;
}

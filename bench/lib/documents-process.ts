import { Agent, get } from 'node:http';

/**
 * Strangers who request a document in loops. They run in a separate process, so that their work appears in no measurement of the service.
 */
export interface DocumentAttack {
  url: string;
  /** Number of source addresses. */
  addresses: number;
  /** Number of connections of each address. */
  connections: number;
  ms: number;
}

process.on('message', async ({ url, addresses, connections, ms }: DocumentAttack) => {
  const end = performance.now() + ms;
  let bytes = 0;
  let rejected = 0;
  const request = (agent: Agent, localAddress: string) =>
    new Promise<void>((resolve) => {
      get(url, { agent, localAddress }, (response) => {
        if (response.statusCode !== 200) rejected++;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        response.once('close', resolve);
      }).once('error', () => resolve());
    });
  const loops = Array.from({ length: addresses * connections }, async (_, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (performance.now() < end) await request(agent, `127.0.2.${1 + (index % addresses)}`);
    agent.destroy();
  });
  await Promise.all(loops);
  process.send!({ bytes, rejected });
});
process.on('disconnect', () => process.exit());

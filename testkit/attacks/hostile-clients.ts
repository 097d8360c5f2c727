import { connect, type Socket } from 'node:net';
import { call, type TestService } from '../service.ts';
import { costlyBodies } from './costly-bodies.ts';

/** Starts clients that send costly bodies in a loop, each with its own key, until they are stopped. */
export async function hostileClients(
  service: TestService,
  count: number,
): Promise<{ stop(): Promise<{ sent: number; faults: string[] }> }> {
  const bodies = costlyBodies();
  const keys = await Promise.all(Array.from({ length: count }, () => service.makeKey('--account', 'hostile')));
  const faults = new Set<string>();
  let sent = 0;
  let stopped = false;
  const clients = keys.map(async ({ key }, client) => {
    for (let index = client; !stopped; index += 1) {
      const { path, body, name } = bodies[(index * 7) % bodies.length]!;
      const response = await call(`${service.api}${path}`, 'POST', key, body);
      sent += 1;
      if (response.status >= 500) faults.add(`${response.status} ${path} ${name}`);
    }
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all(clients);
      return { sent, faults: [...faults] };
    },
  };
}

/** Returns the durations, in milliseconds, of ordinary requests: a list, a validation and a health check in turn. */
export async function usualLatencies(service: TestService, key: string, times: number): Promise<number[]> {
  const inputs = [{ url: 'https://media.example.com/clip.mp4' }];
  const options = [{ option: '-vf', argument: 'scale=1280:-2,fps=30' }];
  const asks = [
    () => call(`${service.api}/v1/transcodes?limit=5`, 'GET', key),
    () => call(`${service.api}/v1/transcodes/validate`, 'POST', key, { inputs, options, outputFormat: 'mp4' }),
    () => call(`${service.api}/livez`, 'GET', null),
  ];
  const ms: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const began = performance.now();
    const response = await asks[index % asks.length]!();
    ms.push(performance.now() - began);
    if (response.status !== 200)
      throw new Error(`an ordinary request failed with ${response.status}: ${response.text.slice(0, 200)}`);
  }
  return ms;
}

/** Returns the largest job that a request can create, with options, metadata and URLs up to their limits. */
export function largestJob(): object {
  const url = (index: number) => `https://media.example.com/${'u'.repeat(8000)}/${index}.mp4`;
  return {
    inputs: Array.from({ length: 10 }, (_, index) => ({ url: url(index) })),
    outputFormat: 'mp4',
    options: Array(48).fill({ option: '@text-overlay', argument: { text: 'x'.repeat(2000) } }),
    filters: [{ filter: 'concat=n=10' }],
    metadata: { text: 'm'.repeat(8100) },
  };
}

/** Sends a request `times` times, each time on a separate connection, and never reads the responses. */
export function silentReaders(service: TestService, key: string, path: string, times: number): { end(): void } {
  const { hostname, port } = new URL(service.api);
  const sockets = Array.from({ length: times }, (): Socket => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\n\r\n`);
    return socket;
  });
  return {
    end() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

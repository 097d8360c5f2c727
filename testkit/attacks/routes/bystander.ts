import { Agent, request } from 'node:http';
import type { TestService } from '../../service.ts';

/** A client of another account, at another address than the attacker's. */
export interface Bystander {
  /** Ends the measurement, and returns the results. */
  stop(): Promise<Seen>;
}

export interface Seen {
  /** Duration of each response in milliseconds. */
  ms: number[];
  /** Statuses of 500 or more, and errors of requests without a response. Each is listed once. */
  faults: string[];
}

const ADDRESS = '127.0.0.99';
const TIMEOUT_MS = 60_000;

/**
 * Sends ordinary requests at a fixed interval, without waiting for slow responses: a list, a validation, a health check and a presign. Half
 * of the requests open a new connection.
 */
export function watchAsBystander(service: TestService, key: string, everyMs: number): Bystander {
  const seen: Seen = { ms: [], faults: [] };
  const open = new Set<Promise<void>>();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const inputs = [{ url: 'https://media.example.com/clip.mp4' }];
  const asks = [
    { method: 'GET', path: '/v1/transcodes?limit=5' },
    { method: 'POST', path: '/v1/transcodes/validate', body: JSON.stringify({ inputs, outputFormat: 'mp4' }) },
    { method: 'GET', path: '/livez' },
    { method: 'GET', path: '/v1/uploads?limit=5' },
  ];
  let turn = 0;
  const ask = async () => {
    const index = turn++;
    const { method, path, body } = asks[index % asks.length]!;
    const began = performance.now();
    const status = await send(`${service.api}${path}`, { method, key, body, agent: index % 8 < 4 ? agent : false });
    seen.ms.push(performance.now() - began);
    if (status !== 200) seen.faults.push(`${method} ${path}: ${status}`);
  };
  const timer = setInterval(() => {
    const asked = ask().finally(() => open.delete(asked));
    open.add(asked);
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return { ms: seen.ms, faults: [...new Set(seen.faults)] };
    },
  };
}

interface Sending {
  method: string;
  key: string;
  body: string | undefined;
  agent: Agent | false;
}

/** Resolves with the status of the response, or with the message of the error. */
function send(url: string, { method, key, body, agent }: Sending): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const asked = request(url, { method, headers, agent, localAddress: ADDRESS, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode!));
      response.once('error', ({ message }) => resolve(message));
    });
    asked.once('timeout', () => asked.destroy(new Error('no response in a minute')));
    asked.once('error', ({ message }) => resolve(message));
    asked.end(body);
  });
}

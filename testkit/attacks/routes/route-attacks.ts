import type { Socket } from 'node:net';
import type { Route } from './route-list.ts';

/** Behavior of one connection of an attack. It is created again for a new connection whenever the server closes one. */
export interface Behavior {
  /** Bytes that are sent as soon as the connection is open. */
  hello: Buffer;
  /** Whether the connection never reads. */
  isSilent?: boolean;
  /** Called for every chunk that arrives. */
  onData?: (socket: Socket) => void;
  /** Milliseconds after which the attacker itself resets the connection. */
  resetAfterMs?: number;
}

export interface Attack {
  name: string;
  /** Number of connections from each of the attacker's addresses, in the short run and in the long run. */
  connections: { short: number; long: number };
  /** Returns whether the attack applies to this route. */
  suits(route: Route): boolean;
  behave(route: Route, key: string | null): Behavior;
}

/** Number of pipelined requests, as in the report of the first attack that made the API unavailable. */
const PIPELINED = 1_000;
/** Maximum number of bytes of a body that the API accepts. */
const BODY_BYTES = 1_048_576;
const LOOP_PIPELINED = 16;
const BATCH_JOBS = 20;
const BATCH_JOB = {
  inputs: [{ url: 'https://media.invalid/clip.mp4' }],
  outputFormat: 'mp4',
  metadata: { text: 'x'.repeat(1_000) },
};

const any = () => true;
const withBody = ({ hasBody }: Route) => hasBody;
const many = { short: 64, long: 250 };
const few = { short: 2, long: 8 };

/** Attacks that a stranger, or a greedy account, can make on any route. */
export const ROUTE_ATTACKS: readonly Attack[] = [
  {
    name: '1,000 pipelined requests, never read',
    connections: few,
    suits: any,
    behave: (route, key) => ({ hello: repeat(requestOf(route, key), PIPELINED), isSilent: true }),
  },
  {
    name: 'pipelined requests in a loop',
    connections: few,
    suits: any,
    behave: (route, key) => {
      const hello = repeat(requestOf(route, key), LOOP_PIPELINED);
      return { hello, onData: (socket) => void (socket.writableLength === 0 && socket.write(hello)) };
    },
  },
  {
    name: 'Expect without a body',
    connections: many,
    suits: any,
    behave: (route, key) => ({
      hello: headOf(route, key, ['expect: 100-continue', 'content-type: application/json', 'content-length: 1000']),
    }),
  },
  {
    name: 'bodies of 1 MiB that fail the schema',
    connections: few,
    suits: withBody,
    behave: (route, key) => {
      const hello = bodyOf(route, key, Buffer.from(JSON.stringify({ inputs: 'x'.repeat(BODY_BYTES - 100) })));
      return { hello, onData: (socket) => void (socket.writableLength === 0 && socket.write(hello)) };
    },
  },
  {
    name: 'connections that stop in the head',
    connections: many,
    suits: any,
    behave: (route) => ({ hello: Buffer.from(`${route.method} ${route.path} HTTP/1.1\r\nhost: airlock\r\nx-a: b`) }),
  },
  {
    name: 'connections that stop in the body',
    connections: many,
    suits: any,
    behave: (route, key) => {
      const headers = ['content-type: application/json', 'content-length: 100000'];
      return { hello: Buffer.concat([headOf(route, key, headers), Buffer.from('{"a":')]) };
    },
  },
  {
    name: 'connections that stop reading',
    connections: many,
    suits: any,
    behave: (route, key) => ({ hello: repeat(requestOf(route, key), 4), isSilent: true }),
  },
  {
    name: 'requests aborted half-way in a storm',
    connections: { short: 16, long: 32 },
    suits: any,
    behave: (route, key) => ({ hello: requestOf(route, key), resetAfterMs: 2 }),
  },
  {
    name: '90 batches in flight',
    connections: { short: 23, long: 23 },
    suits: ({ method, path }) => method === 'POST' && path === '/v1/transcodes/batch',
    behave: (route, key) => {
      const hello = bodyOf(route, key, Buffer.from(JSON.stringify({ jobs: Array(BATCH_JOBS).fill(BATCH_JOB) })));
      return { hello, onData: (socket) => void (socket.writableLength === 0 && socket.write(hello)) };
    },
  },
];

function headOf({ method, path }: Route, key: string | null, headers: readonly string[]): Buffer {
  const authorization = key ? [`authorization: Bearer ${key}`] : [];
  return Buffer.from(
    [`${method} ${path} HTTP/1.1`, 'host: airlock', ...authorization, ...headers, '', ''].join('\r\n'),
  );
}

function requestOf(route: Route, key: string | null): Buffer {
  return route.hasBody ? bodyOf(route, key, Buffer.from('{}')) : headOf(route, key, []);
}

function bodyOf(route: Route, key: string | null, body: Buffer): Buffer {
  const headers = ['content-type: application/json', `content-length: ${body.length}`];
  return Buffer.concat([headOf(route, key, headers), body]);
}

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}

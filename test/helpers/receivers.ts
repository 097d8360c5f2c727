import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { listen, tcpServer } from '../../testkit/servers.ts';
import { startSource } from '../../testkit/source-server.ts';

/** Loopback URLs of webhook receivers that never end an attempt, or try to make an attempt expensive. */
export interface HostileReceivers {
  /** Never accepts a connection. */
  deaf: string;
  /** Accepts connections and reads, but never responds. */
  silent: string;
  /** Sends one byte of its response headers per second. */
  slow: string;
  /** Redirects to itself. */
  redirecting: string;
  /** Sends a response that never ends. */
  endless: string;
  close(): Promise<void>;
}

/** Number of connections that the kernel queues for the receiver. */
const MANY = { backlog: 4096 };

export async function startHostileReceivers(): Promise<HostileReceivers> {
  const deaf = await startDeaf();
  const silent = await listen(
    tcpServer((socket) => socket.resume()),
    MANY,
  );
  const dripping = tcpServer((socket) => {
    socket.resume();
    const text = `HTTP/1.1 200 OK\r\nx-slow: ${'a'.repeat(1000)}`;
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++ % text.length]!), 1000);
    socket.once('close', () => clearInterval(timer));
  });
  const slow = await listen(dripping, MANY);
  const redirecting = await startSource((request, response) => {
    response.writeHead(307, { location: request.url }).end();
  });
  const endless = await startSource((_request, response) => {
    const flood = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once('drain', flood);
    };
    response.writeHead(200);
    flood();
  });
  const all = { deaf, silent, slow, redirecting, endless };
  const urls = Object.fromEntries(Object.entries(all).map(([name, { url }]) => [name, url]));
  return {
    ...(urls as Record<keyof typeof all, string>),
    close: async () => {
      await Promise.all(Object.values(all).map((one) => one.close()));
    },
  };
}

/** Starts a server whose thread sleeps. The kernel completes one connection, and drops further connections while they are opened. */
async function startDeaf() {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
       parentPort.postMessage(server.address());
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const [address] = await once(worker, 'message');
  return {
    url: `http://127.0.0.1:${(address as AddressInfo).port}`,
    close: async () => {
      await worker.terminate();
    },
  };
}

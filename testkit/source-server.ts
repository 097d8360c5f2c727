import { createServer, type RequestListener } from 'node:http';
import { listenOnLoopback } from './listening.ts';

/** Starts a web server for inputs on loopback; a service needs `AIRLOCK_FETCH_ALLOW=127.0.0.1/32` to fetch from it. */
export async function startSource(handler: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const { port, close } = await listenOnLoopback(createServer(handler));
  return { url: `http://127.0.0.1:${port}`, close };
}

import type { RequestListener, ServerResponse } from 'node:http';
import { startSource } from '../source-server.ts';

/** Bytes that a slow source sends every TICK_MS. The rate is 10 kB/s, just above the minimum rate of the fetcher. */
const DROP_BYTES = 2_500;
const TICK_MS = 250;
const SLOW_BYTES = 50e6;

/** A server for sources and destinations. Some keep a place for as long as possible, and some respond immediately. */
export interface Peers {
  url: string;
  /** Returns the number of open requests at a path, without the last part of the path. */
  open(path: string): number;
  close(): Promise<void>;
}

/**
 * Starts the server. `/drip/…` sends 10 kB/s. `/hang/…` and `/silent/…` never respond. `/deny/…` rejects every request. `/file/…` sends `file`,
 * and accepts a `PUT`.
 */
export async function startPeers(file: Buffer): Promise<Peers> {
  const open = new Map<string, number>();
  const drips = new Set<ServerResponse>();
  const timer = setInterval(() => {
    for (const response of drips) response.write(Buffer.alloc(DROP_BYTES));
  }, TICK_MS);
  const listener: RequestListener = (request, response) => {
    const path = `/${request.url!.split('/')[1]}`;
    open.set(path, (open.get(path) ?? 0) + 1);
    response.once('close', () => {
      open.set(path, open.get(path)! - 1);
      drips.delete(response);
    });
    if (path === '/hang' || path === '/silent') return;
    if (path === '/deny') return void response.writeHead(403).end();
    if (path === '/drip') {
      response.writeHead(200, { 'content-length': SLOW_BYTES });
      drips.add(response);
    } else if (request.method === 'PUT') request.resume().once('end', () => response.end());
    else response.writeHead(200, { 'content-length': file.length }).end(file);
  };
  const { url, close } = await startSource(listener);
  return {
    url,
    open: (path) => open.get(path) ?? 0,
    async close() {
      clearInterval(timer);
      await close();
    },
  };
}

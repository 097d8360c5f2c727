import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { pipeline } from 'node:stream';
import { httpServer, listen, tcpServer } from '../../testkit/servers.ts';
import { openLink } from './throttle.ts';

/** A web server with one file, behind its own link. */
export interface Origin {
  url: string;
  /** Number of requests so far, and number of bytes of bodies that were sent to their readers. */
  seen: { requests: number; bytes: number };
  close(): Promise<void>;
}

/** Serves a file with ranges and a strong validator, as object stores do. `bytesPerSecond` is null for an unlimited link. */
export async function openOrigin(path: string, bytesPerSecond: number | null): Promise<Origin> {
  const link = openLink(bytesPerSecond);
  const { size, mtimeMs } = statSync(path);
  const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
  const seen = { requests: 0, bytes: 0 };
  const server = httpServer((request, response) => {
    seen.requests += 1;
    const range = rangeOf(request, size, etag);
    response.writeHead(range.isPart ? 206 : 200, {
      'content-type': 'video/mp4',
      'content-length': range.end - range.start,
      'accept-ranges': 'bytes',
      etag,
      ...(range.isPart && { 'content-range': `bytes ${range.start}-${range.end - 1}/${size}` }),
    });
    const file = createReadStream(path, { start: range.start, end: range.end - 1 });
    const shaped = link.through();
    shaped.on('data', (chunk: Buffer) => (seen.bytes += chunk.length));
    pipeline(file, shaped, response, () => {});
  });
  const { url, close } = await listen(server);
  return { url: `${url}/source.mp4`, seen, close };
}

function rangeOf({ headers }: IncomingMessage, size: number, etag: string) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const isCurrent = headers['if-range'] === undefined || headers['if-range'] === etag;
  if (first === undefined || !isCurrent || Number(first) >= size) return { isPart: false, start: 0, end: size };
  return { isPart: true, start: Number(first), end: last ? Math.min(size, Number(last) + 1) : size };
}

/** A web server that accepts uploads and discards them, behind its own link. */
export async function openSink(bytesPerSecond: number): Promise<{ url: string; close(): Promise<void> }> {
  const link = openLink(bytesPerSecond);
  const server = httpServer((request, response) => {
    const shaped = link.through();
    pipeline(request, shaped, () => response.end());
    shaped.resume();
  });
  const { url, close } = await listen(server);
  return { url: `${url}/output`, close };
}

/** Opens a port that forwards to another port of this machine. Throttles requests. With `both`, also throttles responses. */
export async function openThrottledPort(
  target: number,
  bytesPerSecond: number,
  { both = false } = {},
): Promise<{ port: number; close(): Promise<void> }> {
  const [there, back] = [openLink(bytesPerSecond), openLink(both ? bytesPerSecond : null)];
  return listen(
    tcpServer((near) => {
      const far = connect(target, '127.0.0.1');
      pipeline(near, there.through(), far, () => near.destroy());
      pipeline(far, back.through(), near, () => far.destroy());
    }),
  );
}

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ApiResponse } from '../../testkit/service.ts';

export interface RawOptions {
  method?: string;
  headers?: Record<string, string | number>;
  body?: string | Buffer;
  /** Source address, e.g. `127.0.0.2`: limits count addresses. */
  localAddress?: string;
  /** Certificate authority in PEM. */
  ca?: string;
  /** Sends the body in chunks without a length. */
  chunked?: boolean;
}

/** A request as given: `fetch` would add, drop and repair headers. Resolves also when the server disconnects early, if it has responded. */
export function rawHttp(url: string, options: RawOptions = {}): Promise<ApiResponse> {
  const { method = 'GET', headers = {}, body, localAddress, ca, chunked } = options;
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const length = body !== undefined && !chunked ? { 'content-length': Buffer.byteLength(body) } : {};
    const outgoing = request(
      url,
      {
        method,
        headers: { ...length, ...headers },
        agent: false,
        ...(localAddress && { localAddress }),
        ...(ca && { ca }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        const done = () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: incoming.statusCode!,
            headers: new Headers(flat(incoming.headers)),
            text,
            json: parse(text),
          });
        };
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', done);
        incoming.on('error', done);
      },
    );
    outgoing.on('error', reject);
    if (body !== undefined) outgoing.write(body);
    outgoing.end();
  });
}

function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

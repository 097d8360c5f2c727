import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ApiResponse } from '../../testkit/service.ts';

export interface RawOptions {
  method?: string;
  headers?: Record<string, string | number>;
  body?: string | Buffer;
  /** Source address such as `127.0.0.2`, because limits apply to each address. */
  localAddress?: string;
  /** Certificate of an authority in PEM format. */
  ca?: string;
  /** Whether to send the body in chunks without a length. */
  chunked?: boolean;
}

/**
 * Sends a request as given, whereas `fetch` would add, drop and correct headers. Also resolves when the server closes the connection early,
 * if it has sent a response.
 */
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

import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { type Exchange, openExchange } from '../storage/http-exchange.ts';

/** Maximum number of connections to one server: four for parts of an upload, and others for streams of events and requests. */
const CONNECTIONS = 8;

/**
 * Opens a `fetch` that uses Node's own HTTP client (docs/decisions/0006 explains why) and follows no redirects. `ca` is the server's own
 * certificate as PEM, which this `fetch` trusts.
 */
export function openFetch(ca?: string): { fetch: typeof fetch; close(): void } {
  const exchange = openExchange({ connections: CONNECTIONS, ...(ca && { ca }) });
  const send = (url: unknown, init: RequestInit = {}) => sendBy(exchange, String(url), init);
  return { fetch: send as typeof fetch, close: () => exchange.close() };
}

async function sendBy(exchange: Exchange, url: string, init: RequestInit): Promise<Response> {
  const { method = 'GET', body, signal } = init;
  const answer = await exchange.send(url, {
    method,
    headers: Object.fromEntries(new Headers(init.headers)),
    body: typeof body === 'string' || !body ? (body ?? null) : Readable.fromWeb(body as ReadableStream),
    ...(signal && { signal }),
  });
  const status = answer.statusCode!;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  // Responses to HEAD requests, and responses with these statuses, have no body.
  if (method === 'HEAD' || status === 204 || status === 304) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(answer) as globalThis.ReadableStream<Uint8Array>, { status, headers });
}

import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type ReadRate, untilReceived, watchReader } from '../telemetry/reader-watch.ts';
import { type ConnectGuard, connectGuarded } from './connect.ts';
import { FetchError } from './errors.ts';
import { checkWithPolicy, hostOf, isPlainlyWritten } from './source-url.ts';

/** Maximum number of redirects. Each target is checked like a URL from the user. */
const MAX_REDIRECTS = 3;

/** Time limit of the response headers, in milliseconds. */
const HEADERS_TIMEOUT_MS = 30_000;

/** Milliseconds between checks of whether a peer has received a body. */
const RECEIVED_MS = 1_000;

/** Milliseconds to wait for `100 Continue`, which old servers do not send (RFC 9110, 10.1.1). */
const CONTINUE_MS = 1_000;

/** Maximum size of the response headers, in bytes. */
const MAX_HEADER_BYTES = 16 * 1024;

export interface SourceResponse {
  body: IncomingMessage;
  /** Declared size in bytes; null without a `Content-Length`. */
  length: number | null;
  /** Media type without parameters, in lower case; null if missing or malformed. */
  contentType: string | null;
  /** Host (and port) of the final response. */
  host: string;
  /** Strong entity tag; null if there is none. */
  etag: string | null;
}

/** Writes bytes of a source at a position of a file. Bytes are written when they arrive, so that a slow source occupies no memory. */
export type WriteAt = (bytes: Buffer, position: number) => Promise<unknown>;

export interface RequestContext extends ConnectGuard {
  allow: readonly string[];
  /** Headers that request a part of the source. The response may then be this part (206). */
  range?: { range: string; 'if-range'?: string };
  headersTimeoutMs?: number | undefined;
}

/**
 * Sends a GET, follows redirects, and returns the final response before its body is read. Throws `FetchError`, or the
 * error of the connection.
 */
export async function requestSource(source: string, context: RequestContext): Promise<SourceResponse> {
  let url = checked(source, context);
  for (let redirects = 0; ; redirects++) {
    const response = await send(url, context, { method: 'GET', headers: { accept: '*/*', ...context.range } });
    try {
      const location = redirectOf(response);
      if (location === null) return acceptResponse(response, url, context.range !== undefined);
      if (redirects === MAX_REDIRECTS) {
        throw new FetchError('source_error', `The source redirected more than ${MAX_REDIRECTS} times.`, {
          retry: false,
        });
      }
      url = nextUrl(url, location, context);
      drop(response);
    } catch (error) {
      drop(response);
      throw error;
    }
  }
}

/** Closes a body without reading it. Add the listener first, because an unhandled error would end the process. */
export function drop(body: IncomingMessage): void {
  body.on('error', () => {});
  body.destroy();
}

/** An outgoing request. The headers must declare the length of a stream. The stream is destroyed when the request ends. */
export interface Outgoing {
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: Buffer | Readable;
  /** Minimum rate at which the peer must receive while bytes of a body are waiting, and a function to call if the peer is slower. */
  watch?: { rate: ReadRate; onSlow: (received: number) => void };
}

/**
 * Sends one request on a new connection. Resolves when the headers of the response have arrived. Uses Node's client because it accepts the
 * socket that the guard has checked. (In undici 7, an assertion fails outside of any promise if a source closes while the parser is paused:
 * nodejs/undici#5360, fixed only in 8, which requires Node 22.)
 */
export async function send(url: URL, context: RequestContext, outgoing: Outgoing): Promise<IncomingMessage> {
  const socket = await connectGuarded(url, context);
  const { signal } = context;
  return new Promise((done, fail) => {
    const onTimeout = () => client.destroy(new FetchError('source_timeout', 'The source did not respond in time.'));
    let timer: NodeJS.Timeout | undefined;
    const startTimer = () => {
      if (received || socket.destroyed) return;
      timer = setTimeout(onTimeout, context.headersTimeoutMs ?? HEADERS_TIMEOUT_MS);
    };
    let received: IncomingMessage | undefined;
    // The socket already includes TLS, if any, so this client sends plain HTTP. No agent is used, so the connection closes after the
    // response.
    const client = request({
      createConnection: () => socket,
      method: outgoing.method,
      path: url.pathname + url.search,
      setHost: false,
      headers: {
        host: url.host,
        'user-agent': 'Airlock',
        'accept-encoding': 'identity',
        ...outgoing.headers,
        ...(outgoing.body instanceof Readable && { expect: '100-continue' }),
      },
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
    });
    const stop = () => {
      fail(signal.reason);
      if (received) received.destroy(signal.reason);
      else client.destroy(signal.reason);
      socket.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    });
    client.once('response', (response) => {
      clearTimeout(timer);
      received = response;
      done(response);
    });
    // Keep this listener, because parser errors in a body arrive here. The body itself reports only a broken connection.
    client.on('error', (error) => {
      if (received) received.destroy(error);
      else fail(error);
    });
    // Some connections close without an error, e.g. after an unrequested protocol switch.
    client.once('close', () => {
      fail(new FetchError('source_unreachable', 'The source closed the connection without a response.'));
    });
    sendBody(client, socket, outgoing, startTimer);
    if (signal.aborted) stop();
  });
}

/**
 * Sends the body, and starts the wait for the response with `onSent`: for a stream, once the peer has received the complete body; otherwise
 * immediately.
 */
function sendBody(client: ClientRequest, socket: Socket, { body, watch }: Outgoing, onSent: () => void): void {
  if (!(body instanceof Readable)) {
    onSent();
    client.end(body);
    return;
  }
  const end = () => body.destroy();
  if (watch) socket.once('close', watchReader(socket, watch.rate, watch.onSlow, { countsQueue: true }));
  // A slow peer receives the last megabytes long after the kernel has accepted them, so wait until it has received them.
  body.once('end', () => void untilReceived(socket, RECEIVED_MS).then(onSent));
  // If the server has already responded, do not send the rest of the body.
  client.once('response', end);
  client.once('close', end);
  body.on('error', (error) => client.destroy(error));
  // Wait for `100 Continue`, so that a server can reject the request before it gets the body.
  const start = () => {
    clearTimeout(waiting);
    if (!body.destroyed && !client.destroyed && body.listenerCount('data') === 0) body.pipe(client);
  };
  const waiting = setTimeout(start, CONTINUE_MS);
  client.once('continue', start);
  client.once('close', () => clearTimeout(waiting));
  client.flushHeaders();
}

function checked(text: string, context: RequestContext): URL {
  const result = checkWithPolicy(text, context.policy, context);
  if (!result.ok) throw new FetchError('source_refused', result.reason);
  return result.url;
}

function nextUrl(from: URL, location: string, context: RequestContext): URL {
  let target: URL;
  try {
    target = new URL(location, from);
  } catch {
    throw new FetchError('source_error', 'The source redirected to an invalid URL.', { retry: false });
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new FetchError('source_refused', 'The source redirected from https:// to http://.');
  }
  const result = checkWithPolicy(target.href, context.policy, context);
  const host = hostOf(target);
  // The check uses the address as interpreted by the URL parser. The source must have written the address in the same form.
  const isUnambiguous = isIP(host) !== 4 || host === hostOf(from) || isPlainlyWritten(location, host);
  if (!result.ok || !isUnambiguous) {
    throw new FetchError('source_refused', 'The source redirected to a URL that is not allowed.');
  }
  return result.url;
}

/** Returns the target of a redirect; null if the response is not a redirect. */
function redirectOf(response: IncomingMessage): string | null {
  if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return null;
  const location = response.headers.location;
  if (typeof location !== 'string') {
    throw new FetchError(
      'source_error',
      `The source responded with ${response.statusCode} without a location of the file.`,
      {
        retry: false,
      },
    );
  }
  return location;
}

function acceptResponse(response: IncomingMessage, url: URL, mayBePart: boolean): SourceResponse {
  const { statusCode = 0, headers } = response;
  const message = `The source responded with ${statusCode}.`;
  if (statusCode === 404 || statusCode === 410) throw new FetchError('source_not_found', message);
  // Only 200 contains the entire file. 206 contains a part, which only some requests ask for. 204 has no body.
  if (statusCode !== 200 && !(mayBePart && statusCode === 206)) {
    const retry = statusCode >= 500 || statusCode === 429 || statusCode === 408;
    throw new FetchError('source_error', message, { retry });
  }
  if (!isPlain(headers['content-encoding'], 'identity') || !isPlain(headers['transfer-encoding'], 'chunked')) {
    throw new FetchError('source_refused', 'The source compressed its response, which was not requested.');
  }
  return {
    body: response,
    length: contentLength(headers['content-length']),
    contentType: mediaType(headers['content-type']),
    host: url.host,
    etag: /^"[\x21\x23-\x7e]{1,256}"$/.test(headers.etag ?? '') ? headers.etag! : null,
  };
}

function isPlain(value: string | string[] | undefined, plain: string): boolean {
  return value === undefined || (typeof value === 'string' && value.trim().toLowerCase() === plain);
}

function contentLength(value: string | string[] | undefined): number | null {
  if (value === undefined) return null;
  const length = Number(value);
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) {
    throw new FetchError('source_error', 'The source did not respond with valid HTTP.', { retry: false });
  }
  return length;
}

function mediaType(value: string | string[] | undefined): string | null {
  const match = typeof value === 'string' ? /^\s*([\w!#$&^.+-]{1,80}\/[\w!#$&^.+-]{1,80})\s*(;|$)/.exec(value) : null;
  return match?.[1]?.toLowerCase() ?? null;
}

import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';

export interface Exchange {
  /** Resolves with the response. The caller must read or resume its body. */
  send(url: string, options: ExchangeOptions): Promise<IncomingMessage>;
  close(): void;
}

export interface ExchangeSettings {
  connections: number;
  ca?: string;
  socketPath?: string;
  /** Time-outs in milliseconds, as in `RetrySettings`. `outcomeMs` defaults to 0. */
  times?: { connectMs: number; silenceMs: number; outcomeMs?: number };
}

export interface ExchangeOptions {
  method: string;
  headers: Record<string, string>;
  /** Body to send. A stream is destroyed when the exchange ends early. */
  body?: Readable | Buffer | string | null;
  /** Aborts the exchange, which then rejects. A write whose body has been sent first waits up to `outcomeMs` for its response. */
  signal?: AbortSignal;
}

/** Default time-outs. A store may need two minutes to join the parts of an upload. */
const DEFAULT_TIMES: NonNullable<ExchangeSettings['times']> = { connectMs: 5_000, silenceMs: 120_000 };
/**
 * Milliseconds of silence after which the kernel checks whether the peer is alive: ten probes, one second apart. If the peer has
 * disappeared from the network, these probes detect this within 20 s instead of two minutes.
 */
const KEEP_ALIVE_MS = 10_000;

/**
 * Creates an HTTP client on Node's own `http` module, with keep-alive. (undici 7 crashes the process when a peer closes
 * a connection with a full buffer; see docs/decisions/0006.) `ca` is a PEM to trust instead of the system's
 * authorities. `socketPath` is a Unix socket to which all requests go, regardless of the URL's host.
 */
export function openExchange(options: ExchangeSettings): Exchange {
  const { connectMs, silenceMs, outcomeMs = 0 } = options.times ?? DEFAULT_TIMES;
  const common = {
    keepAlive: true,
    keepAliveMsecs: KEEP_ALIVE_MS,
    maxSockets: options.connections,
    scheduling: 'lifo' as const,
  };
  const http = new HttpAgent(common);
  const { socketPath } = options;
  const https = new HttpsAgent({ ...common, ...(options.ca && { ca: options.ca }) });
  return {
    send(url, { method, headers, body, signal }) {
      const secure = url.startsWith('https:');
      return new Promise((resolve, reject) => {
        const request = (secure ? httpsRequest : httpRequest)(url, {
          method,
          headers,
          agent: secure ? https : http,
          ...(socketPath && { socketPath }),
        });
        const stream = body instanceof Readable ? body : null;
        const fail = (error: Error) => {
          clearTimeout(connecting);
          stream?.destroy();
          request.destroy();
          reject(error);
        };
        const connecting = setTimeout(() => fail(timedOut('connection')), connectMs);
        request.on('socket', (socket) => {
          // For TCP, the agent turns on keep-alive immediately. For TLS, it does so only when the connection returns to its pool.
          socket.setKeepAlive(true, KEEP_ALIVE_MS);
          if (!socket.connecting) clearTimeout(connecting);
          else socket.once('connect', () => clearTimeout(connecting));
        });
        request.setTimeout(silenceMs, () => fail(timedOut('answer')));
        request.on('error', fail);
        if (signal) followSignal(request, signal, outcomeMs, () => fail(aborted()));
        request.on('response', (response) => {
          clearTimeout(connecting);
          if (signal?.aborted) return fail(aborted());
          // A response before the end of the request body is a rejection: the server does not read the rest.
          response.once('end', () => stream?.destroy());
          resolve(response);
        });
        if (stream) sendStream(request, stream, Number(headers['content-length']), fail);
        else request.end(body ?? undefined);
      });
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

/**
 * Calls `end` when the signal aborts. If the body of a write has been sent, the server may still execute the write, and the caller can undo
 * it only after the response. In this case, calls `end` only if there is no response within `outcomeMs` milliseconds.
 */
function followSignal(request: ClientRequest, signal: AbortSignal, outcomeMs: number, end: () => void): void {
  let waiting: NodeJS.Timeout | undefined;
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
  const onAbort = () => {
    const isSent = request.writableFinished && !request.destroyed;
    if (isWrite && isSent && outcomeMs > 0) waiting = setTimeout(end, outcomeMs);
    else end();
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  request.once('close', () => {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(waiting);
  });
}

/**
 * Sends a stream as the body. Fails if the stream has another size than declared: Node would wait forever for the response to a shorter
 * body.
 */
function sendStream(request: ClientRequest, stream: Readable, length: number, fail: (error: Error) => void): void {
  let sent = 0;
  stream.on('data', (chunk: Buffer) => {
    sent += chunk.length;
  });
  stream.once('error', fail);
  stream.once('end', () => {
    if (sent === length) request.end();
    else fail(Object.assign(new Error(`the body has ${sent} bytes instead of ${length}`), { code: 'EBODYLENGTH' }));
  });
  stream.pipe(request, { end: false });
}

function aborted(): Error {
  return Object.assign(new Error('the request was aborted'), { code: 'ABORT_ERR' });
}

function timedOut(what: string): Error {
  return Object.assign(new Error(`no ${what} in time`), { code: 'ETIMEDOUT' });
}

import type { IncomingMessage } from 'node:http';
import { pipeline, Readable, Transform } from 'node:stream';
import { FetchError, toFetchError } from './errors.ts';
import { checkGuardedUrl } from './post.ts';
import { drop, type RequestContext, send } from './response.ts';

/** A request to a store or to a signed URL of one. */
export interface ExchangeOptions {
  method: string;
  headers: Record<string, string>;
  /** A stream has the length of the header `content-length`. It is destroyed when the exchange ends. */
  body?: Readable | Buffer | string | null;
  signal?: AbortSignal;
}

/** Sends guarded requests, each on a connection of its own. Has the form of the exchange of a storage. */
export interface GuardedExchange {
  /** Resolves with the response, whose body the caller must read or resume. Follows no redirect. Rejects with `FetchError`. */
  send(url: string, options: ExchangeOptions): Promise<IncomingMessage>;
  /** Closes all connections. */
  close(): void;
}

/** Milliseconds for a response: a store may need two minutes to join the parts of an upload. */
const RESPONSE_MS = 120_000;

export interface ExchangeLimits {
  /** Time limit of one request in milliseconds, body and response together. */
  deadlineMs: number;
  /** Minimum of bytes per second that the peer receives, averaged over each window. */
  minBytesPerSecond: number;
  /** Length of that window, milliseconds. */
  rateWindowMs: number;
}

/** Opens an exchange. The rules of webhooks apply: without TLS it reaches only addresses that the operator allows. */
export function openExchange(
  contextOf: (signal: AbortSignal) => RequestContext,
  limits: ExchangeLimits,
): GuardedExchange {
  const closing = new AbortController();
  return {
    send: (url, options) => sendWithin(url, options, { contextOf, limits, closing: closing.signal }),
    close: () => closing.abort(new FetchError('canceled', 'The delivery was canceled.')),
  };
}

interface Opened {
  contextOf: (signal: AbortSignal) => RequestContext;
  limits: ExchangeLimits;
  closing: AbortSignal;
}

async function sendWithin(url: string, options: ExchangeOptions, opened: Opened): Promise<IncomingMessage> {
  const { contextOf, limits, closing } = opened;
  const { method, headers, body, signal: given } = options;
  const stop = new AbortController();
  const late = () => stop.abort(new FetchError('source_timeout', 'The destination was too slow.'));
  const timer = setTimeout(late, limits.deadlineMs);
  const signal = AbortSignal.any([stop.signal, closing, ...(given ? [given] : [])]);
  const watched = body instanceof Readable ? watchRate(body, limits, (error) => stop.abort(error)) : null;
  const sent = watched?.body ?? (typeof body === 'string' ? Buffer.from(body) : (body as Buffer | null | undefined));
  try {
    const context = contextOf(signal);
    const headersTimeoutMs = context.headersTimeoutMs ?? RESPONSE_MS;
    const guarded = checkGuardedUrl(url, { ...context, headersTimeoutMs });
    const response = await send(guarded.url, guarded.context, { method, headers, ...(sent && { body: sent }) });
    // The deadline holds for the response as well.
    response.once('close', () => clearTimeout(timer));
    return rejectRedirect(response);
  } catch (error) {
    clearTimeout(timer);
    throw toDestinationError(signal.aborted ? signal.reason : error);
  } finally {
    watched?.end();
  }
}

/** Aborts a request whose body the peer accepts too slowly. */
function watchRate(
  body: Readable,
  { minBytesPerSecond, rateWindowMs }: ExchangeLimits,
  abort: (error: FetchError) => void,
): { body: Readable; end(): void } {
  let bytes = 0;
  let windowStart = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  pipeline(body, counted, () => {});
  const timer = setInterval(() => {
    const taken = bytes - windowStart;
    windowStart = bytes;
    if (counted.readableEnded || taken >= (minBytesPerSecond * rateWindowMs) / 1000) return;
    const what = taken === 0 ? 'stopped reading' : 'reads too slowly';
    abort(new FetchError('source_timeout', `The destination ${what}.`));
  }, rateWindowMs);
  return {
    body: counted,
    end() {
      clearInterval(timer);
      counted.destroy();
    },
  };
}

/** A redirect could lead anywhere, and would need another signature. */
function rejectRedirect(response: IncomingMessage): IncomingMessage {
  const { statusCode = 0 } = response;
  if (statusCode < 300 || statusCode >= 400) return response;
  drop(response);
  throw new FetchError('source_refused', `The destination responded with a redirect (${statusCode}).`);
}

/** The same error in terms of a destination. */
function toDestinationError(error: unknown): FetchError {
  const { code, message, retry, cause } = toFetchError(error, 'connect');
  return new FetchError(code, message.replaceAll('he source', 'he destination'), { retry, cause });
}

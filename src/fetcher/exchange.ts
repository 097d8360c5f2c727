import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadRate } from '../telemetry/reader-watch.ts';
import { FetchError, toFetchError } from './errors.ts';
import { checkGuardedUrl } from './post.ts';
import { drop, type RequestContext, send } from './response.ts';

/** A request to a store, or to a signed URL of a store. */
export interface ExchangeOptions {
  method: string;
  headers: Record<string, string>;
  /**
   * Body to send. If the body is a stream, the header `content-length` must contain its length. The stream is destroyed when the request
   * ends.
   */
  body?: Readable | Buffer | string | null;
  signal?: AbortSignal;
}

/** Sends guarded requests, each on its own connection. Has the same interface as the exchange of a storage. */
export interface GuardedExchange {
  /** Resolves with the response, whose body the caller must read or resume. Follows no redirect. Rejects with `FetchError`. */
  send(url: string, options: ExchangeOptions): Promise<IncomingMessage>;
  /** Closes all connections. */
  close(): void;
}

/** Milliseconds to wait for a response. A store may need two minutes to join the parts of an upload. */
const RESPONSE_MS = 120_000;

export interface ExchangeLimits {
  /** Time limit of one request in milliseconds, body and response together. */
  deadlineMs: number;
  /** Minimum rate at which the peer must receive while bytes of a body are waiting. */
  rate: ReadRate;
}

/** Opens an exchange. The rules of webhooks apply: without TLS, the exchange reaches only addresses that the operator allows. */
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
  const onSlow = (received: number) => {
    const what = received === 0 ? 'stopped reading' : 'reads too slowly';
    stop.abort(new FetchError('source_timeout', `The destination ${what}.`));
  };
  const watch = body instanceof Readable ? { rate: limits.rate, onSlow } : undefined;
  const sent = typeof body === 'string' ? Buffer.from(body) : body;
  try {
    const context = contextOf(signal);
    const headersTimeoutMs = context.headersTimeoutMs ?? RESPONSE_MS;
    const guarded = checkGuardedUrl(url, { ...context, headersTimeoutMs });
    const response = await send(guarded.url, guarded.context, {
      method,
      headers,
      ...(sent && { body: sent }),
      ...(watch && { watch }),
    });
    // The deadline also applies to the response.
    response.once('close', () => clearTimeout(timer));
    return rejectRedirect(response);
  } catch (error) {
    clearTimeout(timer);
    throw toDestinationError(signal.aborted ? signal.reason : error);
  }
}

/** Rejects redirects, because a redirect could lead to any host, and would need another signature. */
function rejectRedirect(response: IncomingMessage): IncomingMessage {
  const { statusCode = 0 } = response;
  if (statusCode < 300 || statusCode >= 400) return response;
  drop(response);
  throw new FetchError('source_refused', `The destination responded with a redirect (${statusCode}).`);
}

/** Converts an error about a source to an error about a destination. */
function toDestinationError(error: unknown): FetchError {
  const { code, message, retry, cause } = toFetchError(error, 'connect');
  return new FetchError(code, message.replaceAll('he source', 'he destination'), { retry, cause });
}

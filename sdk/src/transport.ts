import { AirlockError, errorOf } from './errors.ts';
import type { RequestControl } from './types.ts';

export interface TransportOptions {
  url: string;
  /** The API key. If null, requests contain no key. */
  key: string | null;
  fetch: typeof fetch;
  /** Milliseconds after which a request without a response counts as failed. */
  timeoutMs: number;
  /** Maximum number of retries of a request after a temporary failure. */
  retries: number;
}

export interface RequestOptions extends RequestControl {
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /**
   * Seconds that the server itself may wait before it responds. They are added to the timeout. The seconds of `?wait=` are added
   * automatically.
   */
  serverSeconds?: number;
  /**
   * Whether the request may be repeated although the server may have processed it already. Defaults to true for GET, HEAD, PUT and DELETE,
   * and for POST requests that accept an Idempotency-Key.
   */
  repeatable?: boolean;
}

export interface Transport {
  /** Sends a request with the key, and resolves with a 2xx response. Throws `AirlockError`, or the reason of the abort. */
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** Like `send`, but parses the JSON of the response. */
  json<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** Sends a request to a signed URL, without the key and without retries. */
  signed(url: string, init: RequestInit): Promise<Response>;
}

/** Paths of POST requests that accept an Idempotency-Key and return the same response when repeated. */
const KEYED = [
  /^\/v1\/(transcodes(\/batch|\/[^/]+\/retry)?|transcribe|commands|blueprints\/[^/]+\/runs|upload\/(presigned-url|multipart|tokens))$/,
  /^\/v1\/(keys(\/[^/]+\/rotate)?|webhooks|templates|connections|admin\/accounts)$/,
];
/** Maximum seconds between two attempts, even if `Retry-After` is longer. */
const LONGEST_PAUSE_SECONDS = 60;
/** Maximum milliseconds of a timer in JavaScript. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function openTransport({ url, key, fetch: fetcher, timeoutMs, retries }: TransportOptions): Transport {
  const base = baseOf(url);

  const attempt = async <T>({ method, path, options, idempotencyKey, read }: Attempt<T>): Promise<T> => {
    const { body, query, headers, signal, serverSeconds = 0 } = options;
    const limitMs = timeoutMs + (serverSeconds + (Number(query?.wait) || 0)) * 1000;
    const work = async (limited: AbortSignal) => {
      const response = await fetcher(base.path + path + queryText(query), {
        method,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: limited,
        // A redirect could send the key to another host, or without encryption.
        redirect: 'manual',
      });
      if (!response.ok) throw await errorOf(response, base.path);
      return read(response);
    };
    return within(limitMs, base.host, signal, (limited) => reach(base.host, signal, () => work(limited)));
  };

  const request = async <T>(
    method: string,
    path: string,
    options: RequestOptions,
    read: (response: Response) => T | Promise<T>,
  ): Promise<T> => {
    const isKeyed = method === 'POST' && KEYED.some((one) => one.test(path));
    const idempotencyKey = options.idempotencyKey ?? (isKeyed ? randomKey() : null);
    const repeatable = options.repeatable ?? (isKeyed || ['GET', 'HEAD', 'PUT', 'DELETE'].includes(method));
    return repeat(() => attempt({ method, path, options, idempotencyKey, read }), {
      retries,
      signal: options.signal,
      isTemporary: (error) => isTemporary(error, repeatable),
    });
  };

  return {
    send: (method, path, options = {}) => request(method, path, options, (response) => response),
    json: <T>(method: string, path: string, options: RequestOptions = {}) =>
      request<T>(method, path, options, readJson),
    signed: (signedUrl, init) => reach('The storage', init.signal ?? undefined, () => fetcher(signedUrl, init)),
  };
}

async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    const message = 'The server responded with something other than JSON. Check the URL of the server.';
    throw new AirlockError({ code: 'unexpected_response', message, status: response.status });
  }
}

interface Attempt<T> {
  method: string;
  path: string;
  options: RequestOptions;
  idempotencyKey: string | null;
  /** Reads the response before the timeout ends. */
  read(response: Response): T | Promise<T>;
}

/** Calls `work` with a signal that aborts with `signal`, or after `ms`. Throws `unreachable` after `ms`. */
async function within<T>(
  ms: number,
  who: string,
  signal: AbortSignal | undefined,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), Math.min(ms, LONGEST_TIMER_MS));
  try {
    return await work(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } catch (error) {
    if (!late.signal.aborted || signal?.aborted) throw error;
    const message = `${who} has not responded within ${ms / 1000} seconds.`;
    throw new AirlockError({ code: 'unreachable', message, details: { reason: 'timeout' } });
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `work` until it succeeds, fails for a reason that is not temporary, or has been retried `retries` times. */
export async function repeat<T>(
  work: (attempt: number) => Promise<T>,
  rules: { retries: number; signal?: AbortSignal | undefined; isTemporary(error: AirlockError): boolean },
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof AirlockError) || attempt >= rules.retries || !rules.isTemporary(error)) throw error;
      await pause(pauseMs(attempt, error.retryAfterSeconds), rules.signal);
    }
  }
}

/**
 * Returns the milliseconds before the next attempt: half a second, doubled after each attempt up to 32 seconds, minus a random share of up
 * to half. The server can request a longer pause, up to LONGEST_PAUSE_SECONDS.
 */
export function pauseMs(attempt: number, retryAfterSeconds: number | null): number {
  const own = 500 * 2 ** Math.min(attempt, 6) * (0.5 + Math.random() / 2);
  return Math.min(Math.max(own, (retryAfterSeconds ?? 0) * 1000), LONGEST_PAUSE_SECONDS * 1000);
}

/** Resolves after `ms`. If `signal` aborts, rejects with the reason of the abort. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Whether to retry a request after an error. A response with 429 means that the server has done nothing. After other failures, the server
 * may have processed the request, so only requests that can be repeated are retried.
 */
function isTemporary({ status, code }: AirlockError, repeatable: boolean): boolean {
  if (status === 429) return true;
  if (!repeatable) return false;
  return code === 'unreachable' || code === 'idempotency_in_progress' || [500, 502, 503, 504].includes(status ?? 0);
}

/**
 * Converts a network failure of `work` to `unreachable`. Keeps only the code of the failure, because the original error may refer to the
 * request, and so to the key.
 */
async function reach<T>(who: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AirlockError ? error : unreachable(who, error);
  }
}

export function unreachable(who: string, error: unknown): AirlockError {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const reason = [code, cause?.code].find((one) => typeof one === 'string') ?? null;
  const why = reason ? ` (${reason})` : '';
  const message = `${who} does not respond${why}. Check the URL, and that the server is running.`;
  return new AirlockError({ code: 'unreachable', message, details: { reason } });
}

function baseOf(text: string): { path: string; host: string } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new TypeError('The URL of the server must begin with https:// or http://.');
  if (url.username || url.password)
    throw new TypeError('The URL of the server must not contain a password. Use a key.');
  return { path: `${url.origin}${url.pathname}`.replace(/\/+$/, ''), host: url.origin };
}

function queryText(query: RequestOptions['query']): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) text.set(name, String(value));
  }
  return text.size > 0 ? `?${text}` : '';
}

/** Returns a random idempotency key. Does not use `randomUUID`, because browsers offer it only on HTTPS. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

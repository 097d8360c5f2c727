import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exchange, openExchange } from '../http-exchange.ts';
import { remedyOf } from '../remedies.ts';
import { briefly, type RetrySettings } from '../retries.ts';
import { type OutagePolicy, StorageError } from '../types.ts';
import { errorCode } from './responses.ts';
import type { OwnRequest, Signer } from './signer.ts';

export interface Call extends OwnRequest {
  /** Creates the body for each attempt, since a stream can be read only once. */
  body?: () => Readable | Buffer;
  /** Statuses that are not failures. */
  expected: readonly number[];
  /** Whether a client waits for the call. Retries then begin only within 1.6 seconds, even if the backend allows more time. */
  brief?: boolean;
  outagePolicy?: OutagePolicy;
}

export interface S3Client {
  /** Sends an idempotent call. The caller must read or resume the body. Rejects with `StorageError`. */
  send(call: Call): Promise<IncomingMessage>;
  close(): Promise<void>;
}

export interface ClientOptions {
  retries: RetrySettings;
  /** PEM of the certificate authority to trust instead of the authorities of the system. */
  ca?: string;
  /** Unix socket of the store. */
  socketPath?: string;
  /** Sends the requests. Default: an exchange that this client creates. */
  exchange?: Exchange;
}

/** Upper limit, in milliseconds, of the doubling wait of a call with an outage policy. */
const LONGEST_WAIT_MS = 5_000;

const RETRY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // The queue of a Unix socket is full.
  'EAGAIN',
]);

export function s3Client(signer: Signer, { retries, ...options }: ClientOptions): S3Client {
  const exchange = options.exchange ?? openExchange({ connections: 64, ...options, times: retries });

  async function attempt(call: Call): Promise<IncomingMessage> {
    const { method } = call;
    let response: IncomingMessage;
    try {
      const { url, headers } = await signer.request(call);
      const signal = call.outagePolicy?.signal;
      response = await exchange.send(url, { method, headers, body: call.body?.() ?? null, ...(signal && { signal }) });
    } catch (error) {
      throw storageError(call, error);
    }
    const status = response.statusCode ?? 0;
    if (call.expected.includes(status)) return response;
    const code = errorCode(await readText(response).catch(() => ''));
    throw new StorageError(`storage returned ${call.method} with ${status}${code ? ` ${code}` : ''}${remedyOf(code)}`, {
      // 501 is permanent.
      retry: (status >= 500 && status !== 501) || status === 429 || status === 408,
      status,
      code,
    });
  }

  return {
    async send(call) {
      const { outagePolicy } = call;
      const next = waits(call.brief ? briefly(retries) : retries);
      const end = performance.now() + (outagePolicy?.ms ?? 0);
      for (let tries = 0; ; tries++) {
        try {
          return await attempt(call);
        } catch (error) {
          if (!(error instanceof StorageError) || !error.retry || outagePolicy?.signal.aborted) throw error;
          // A full disk stays full for more than a second.
          const quick = error.status === 507 ? null : next(tries);
          if (quick === null && performance.now() >= end) throw error;
          // A store with a full disk still responds, and may have space for other calls, so it is not unreachable.
          if (quick === null && error.status !== 507) outagePolicy?.onUnreachable();
          const wait = quick ?? Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(tries, 10)) * jitter();
          await sleep(wait, undefined, { signal: outagePolicy?.signal }).catch(() => {
            throw error;
          });
        }
      }
    },
    async close() {
      exchange.close();
    },
  };
}

/**
 * Returns a function that returns the milliseconds to wait before the next attempt, or null when the retries of the backend are used up.
 */
function waits({ waitsMs, withinMs }: RetrySettings): (tries: number) => number | null {
  let firstFailure: number | null = null;
  return (tries) => {
    firstFailure ??= performance.now();
    const wait = waitsMs[tries];
    if (wait === undefined) return null;
    const drawn = wait * jitter();
    return performance.now() - firstFailure + drawn > withinMs ? null : drawn;
  };
}

function jitter(): number {
  return 0.5 + Math.random();
}

/** Reads a document of at most 4 MB, enough for a page of 1,000 keys of 1,024 encoded bytes each. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 4_194_304) throw new Error('the document is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Reads the response with `parse`, which throws for an unexpected document. Rejects with `StorageError`. */
export async function readDocument<T>(
  response: IncomingMessage,
  method: Call['method'],
  parse: (xml: string) => T,
): Promise<T> {
  const text = await readText(response).catch((error) => {
    throw storageError({ method }, error);
  });
  try {
    return parse(text);
  } catch (cause) {
    throw new StorageError('storage returned an unexpected response', { retry: false, cause });
  }
}

/** Converts any failure to a `StorageError`. Its message contains the system's error code and never a URL. */
export function storageError(call: Pick<Call, 'method'>, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const code = errno(error);
  return new StorageError(`storage could not be used for ${call.method}: ${code}`, {
    // An injected exchange may decide itself whether the caller should retry.
    retry: RETRY_CODES.has(code) || (error as { retry?: unknown } | null)?.retry === true,
    cause: error,
  });
}

function errno(error: unknown): string {
  // Node wraps the failures of several addresses in an AggregateError.
  const single = error instanceof AggregateError ? error.errors[0] : error;
  const { code, name, syscall } = (single ?? {}) as { code?: unknown; name?: unknown; syscall?: unknown };
  // A missing Unix socket means that no process listens, like a closed port.
  if (code === 'ENOENT' && syscall === 'connect') return 'ECONNREFUSED';
  return typeof code === 'string' ? code : String(name ?? 'unknown error');
}

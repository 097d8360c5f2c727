import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { openExchange } from './http-exchange.ts';
import { errorCode } from './list-xml.ts';
import type { OwnRequest, Signer } from './signer.ts';
import { type Patience, StorageError } from './types.ts';

export interface Call extends OwnRequest {
  /** Made anew for each attempt, since a stream can be read once only. */
  body?: () => Readable | Buffer;
  /** Statuses that are answers and not failures. */
  expected: readonly number[];
  patience?: Patience;
}

export interface S3Client {
  /** Sends a call that may be repeated safely. The caller must read or resume the body. Rejects with `StorageError`. */
  send(call: Call): Promise<IncomingMessage>;
  close(): Promise<void>;
}

/** Waits before the second, third and fourth attempt, milliseconds: about a second in all, a restart of the gateway. */
const RETRY_WAITS = [50, 200, 800];
/** With patience the wait doubles from there up to this. */
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
  // A Unix socket whose queue is full.
  'EAGAIN',
]);

/** `ca`: PEM of the certificate authority to trust instead of the system's. `socketPath`: Unix socket of the store. */
export function s3Client(signer: Signer, options: { ca?: string; socketPath?: string } = {}): S3Client {
  const exchange = openExchange({ connections: 64, ...options });

  async function attempt(call: Call): Promise<IncomingMessage> {
    const { url, headers } = await signer.request(call);
    const { method } = call;
    let response: IncomingMessage;
    try {
      const signal = call.patience?.signal;
      response = await exchange.send(url, { method, headers, body: call.body?.() ?? null, ...(signal && { signal }) });
    } catch (error) {
      throw storageError(call, error);
    }
    const status = response.statusCode ?? 0;
    if (call.expected.includes(status)) return response;
    const code = errorCode(await readText(response).catch(() => ''));
    throw new StorageError(`storage answered ${call.method} with ${status}${code ? ` ${code}` : ''}`, {
      // What is not implemented stays so.
      retry: (status >= 500 && status !== 501) || status === 429 || status === 408,
      status,
    });
  }

  return {
    async send(call) {
      const { patience } = call;
      const end = performance.now() + (patience?.ms ?? 0);
      for (let tries = 0; ; tries++) {
        try {
          return await attempt(call);
        } catch (error) {
          if (!(error instanceof StorageError) || !error.retry || patience?.signal.aborted) throw error;
          // A full disk does not heal within a second.
          const quick = error.status === 507 ? undefined : RETRY_WAITS[tries];
          if (quick === undefined && performance.now() >= end) throw error;
          // A full disk answers, and has room for others.
          if (quick === undefined && error.status !== 507) patience?.onAway();
          const wait = quick ?? Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(tries, 10));
          await sleep(wait * (0.5 + Math.random()), undefined, { signal: patience?.signal }).catch(() => {
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

/** Reads a small document; at most 4 MB (a page of 1,000 keys of 1,024 encoded bytes each fits). */
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

/** Any failure as `StorageError`. The text has the system's code and never a URL. */
export function storageError(call: Pick<Call, 'method'>, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const code = errno(error);
  return new StorageError(`storage could not be used for ${call.method}: ${code}`, {
    retry: RETRY_CODES.has(code),
    cause: error,
  });
}

function errno(error: unknown): string {
  // Several addresses tried: Node puts the single failures into an AggregateError.
  const single = error instanceof AggregateError ? error.errors[0] : error;
  const { code, name, syscall } = (single ?? {}) as { code?: unknown; name?: unknown; syscall?: unknown };
  // A Unix socket that is not there: nobody listens, as behind a port that is closed.
  if (code === 'ENOENT' && syscall === 'connect') return 'ECONNREFUSED';
  return typeof code === 'string' ? code : String(name ?? 'unknown error');
}

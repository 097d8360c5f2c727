import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { errorCode } from './list-xml.ts';
import type { OwnRequest, Signer } from './signer.ts';
import { StorageError } from './types.ts';

export interface Call extends OwnRequest {
  /** Made anew for each attempt, since a stream can be read once only. */
  body?: () => Readable | Buffer;
  /** Statuses that are answers and not failures. */
  expected: readonly number[];
}

export interface S3Client {
  /** Sends a call that may be repeated safely. The caller must read or dump the body. Rejects with `StorageError`. */
  send(call: Call): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** Waits before the second, third and fourth attempt, milliseconds: about a second in all, a restart of the gateway. */
const RETRY_WAITS = [50, 200, 800];

const RETRY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** `ca`: PEM of the certificate authority to trust instead of the system's. */
export function s3Client(signer: Signer, ca?: string): S3Client {
  const agent = new Agent({
    connections: 64,
    connect: { timeout: 5_000, ...(ca ? { ca } : {}) },
    // The answer to a PUT comes after the store has made the bytes durable: up to 2 GB on a slow disk.
    headersTimeout: 120_000,
    bodyTimeout: 60_000,
  });

  async function attempt(call: Call): Promise<Dispatcher.ResponseData> {
    const signed = await signer.request(call);
    let response: Dispatcher.ResponseData;
    try {
      response = await request(signed.url, {
        dispatcher: agent,
        method: call.method,
        headers: signed.headers,
        body: call.body?.() ?? null,
      });
    } catch (error) {
      throw storageError(call, error);
    }
    if (call.expected.includes(response.statusCode)) return response;
    const code = errorCode(await readText(response).catch(() => ''));
    throw new StorageError(`storage answered ${call.method} with ${response.statusCode}${code ? ` ${code}` : ''}`, {
      retry: response.statusCode >= 500 || response.statusCode === 429 || response.statusCode === 408,
      status: response.statusCode,
    });
  }

  return {
    async send(call) {
      for (const wait of RETRY_WAITS) {
        try {
          return await attempt(call);
        } catch (error) {
          // 501 and 507 do not heal within a second.
          if (!(error instanceof StorageError) || !error.retry || error.status === 501 || error.status === 507)
            throw error;
          await sleep(wait * (0.5 + Math.random()));
        }
      }
      return attempt(call);
    },
    close: () => agent.close(),
  };
}

/** Reads a small document; at most 4 MB (a page of 1,000 keys of 1,024 encoded bytes each fits). */
export async function readText(response: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
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
  // Several addresses tried: undici and Node put the single failures into an AggregateError.
  const single = error instanceof AggregateError ? error.errors[0] : error;
  const { code, name } = (single ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name ?? 'unknown error');
}

import { createReadStream, createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Job } from '../contract/transcodes.ts';
import type { PresignResult } from '../contract/uploads.ts';
import { openExchange } from '../storage/http-exchange.ts';
import { UnavailableError } from './exit.ts';

/** An error response of the server; the message is for people. */
export class AnswerError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'AnswerError';
    this.code = code;
  }
}

export interface Client {
  presign(file: { filename: string; contentType: string; fileSize: number }): Promise<PresignResult>;
  put(
    url: string,
    path: string,
    file: { contentType: string; size: number; headers: PresignResult['headers'] },
    onBytes: (bytes: number) => void,
  ): Promise<void>;
  confirm(file: {
    filename: string;
    fileSize: number;
  }): Promise<{ fileUrl: string; metadata: { duration_seconds: number | null } }>;
  create(body: unknown): Promise<Job>;
  get(id: string, waitSeconds: number): Promise<Job>;
  download(id: string, path: string, onBytes: (bytes: number) => void): Promise<void>;
  cancel(id: string): Promise<void>;
  erase(id: string): Promise<void>;
  close(): Promise<void>;
}

/** A client of the public API with the calls that `transcode` needs; `signal` aborts requests in flight. */
export function createClient(options: { url: string; key: string; ca?: string; signal: AbortSignal }): Client {
  const exchange = openExchange({ connections: 4, ...(options.ca && { ca: options.ca }) });
  const base = options.url.replace(/\/+$/, '');

  const call = async <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> => {
    const answered = exchange.send(`${base}${path}`, {
      method,
      ...(signal && { signal }),
      headers: {
        authorization: `Bearer ${options.key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const response = await answered.catch((error) => {
      if (signal?.aborted) throw error;
      throw new UnavailableError(`${base} does not answer. Check AIRLOCK_URL, and that the server is running.`, {
        cause: error,
      });
    });
    const text = await readText(response);
    const status = response.statusCode ?? 0;
    if (status >= 300) throw answerError(status, text);
    return JSON.parse(text) as T;
  };
  const { signal } = options;

  return {
    async presign(file) {
      return (await call<{ result: PresignResult }>('POST', '/v1/upload/presigned-url', file, signal)).result;
    },
    async put(url, path, file, onBytes) {
      const response = await exchange.send(url, {
        method: 'PUT',
        signal,
        headers: { 'content-type': file.contentType, 'content-length': String(file.size), ...file.headers },
        body: createReadStream(path).pipe(counter(onBytes)),
      });
      const text = await readText(response);
      if (response.statusCode !== 200) {
        throw new AnswerError(
          'upload_failed',
          /<Message>([^<]*)/.exec(text)?.[1] ?? `the storage answered ${response.statusCode}`,
        );
      }
    },
    async confirm(file) {
      return (await call<{ result: never }>('POST', '/v1/upload/confirm', file, signal)).result;
    },
    create: (body) => call<Job>('POST', '/v1/transcodes', body, signal),
    get: (id, wait) => call<Job>('GET', `/v1/transcodes/${id}?wait=${wait}`, undefined, signal),
    async download(id, path, onBytes) {
      const { url } = await call<{ url: string }>('GET', `/v1/transcodes/${id}/download`, undefined, signal);
      const response = await exchange.send(url, { method: 'GET', headers: {}, signal });
      if (response.statusCode !== 200) {
        response.resume();
        throw new AnswerError('download_failed', `the storage answered ${response.statusCode}`);
      }
      await pipeline(response, counter(onBytes), createWriteStream(path, { flags: 'wx' }));
    },
    // Cleanup continues after Ctrl-C, so these ignore the signal.
    async cancel(id) {
      await call('PATCH', `/v1/transcodes/${id}/cancel`);
    },
    async erase(id) {
      await call('DELETE', `/v1/transcodes/${id}`);
    },
    async close() {
      exchange.close();
    },
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function counter(onBytes: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
}

function answerError(status: number, text: string): AnswerError {
  try {
    const body = JSON.parse(text) as { error: string; code: string; details: unknown };
    const details = body.details as
      | Partial<Record<'option' | 'reason' | 'suggestion' | 'remedy', string>>
      | string
      | null;
    const more =
      typeof details === 'string'
        ? details
        : [details?.option, details?.reason, details?.suggestion ?? details?.remedy].filter(Boolean).join('. ');
    return new AnswerError(body.code, more ? `${body.error}: ${more}` : body.error);
  } catch {
    return new AnswerError('unexpected_answer', `the server answered ${status}`);
  }
}

import type { Exchange } from '../http-exchange.ts';
import type { RetrySettings } from '../retries.ts';
import type { BucketPut } from './bucket.ts';
import { s3Client } from './client.ts';

/** A URL for one PUT that another party has signed. */
export interface SignedTarget {
  url: string;
  /** Headers by lower-case names. They replace Airlock's own headers. */
  headers: Readonly<Record<string, string>>;
  exchange: Exchange;
  retries: RetrySettings;
}

/** Sends an object to a signed URL, with retries. Rejects with `StorageError`. */
export async function putToUrl(
  { url, headers, exchange, retries }: SignedTarget,
  { size, contentType, read, signal }: BucketPut,
): Promise<void> {
  const never = () => Promise.reject(new Error('a signed URL signs nothing else'));
  const request = async (call: { headers?: Record<string, string> }) => ({
    url,
    headers: { ...call.headers, ...headers },
  });
  const client = s3Client({ request, presignPut: never, presignGet: never }, { retries, exchange });
  const response = await client.send({
    ...{ method: 'PUT', key: '', expected: [200, 201, 202, 204] },
    headers: { 'content-type': contentType, 'content-length': String(size) },
    body: () => (size === 0 ? Buffer.alloc(0) : read(0, size)),
    outagePolicy: { ms: 0, signal, onUnreachable: () => {} },
  });
  response.resume();
}

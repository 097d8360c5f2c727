import type { Readable } from 'node:stream';
import { forEachAtOnce } from '../at-once.ts';
import type { Exchange } from '../http-exchange.ts';
import type { RetrySettings } from '../retries.ts';
import { StorageError } from '../types.ts';
import type { Addressing } from './addressing.ts';
import { checkExpiry, checkKey, checkSize, MAX_PARTS } from './checks.ts';
import { type S3Client, s3Client } from './client.ts';
import type { AwsKeys } from './credentials/types.ts';
import { multipartCalls } from './multipart.ts';
import { s3Signer } from './signer.ts';

/**
 * Maximum size of an object that is sent with one request, in bytes. Larger objects are sent in parts, each of which is retried separately.
 */
const SINGLE_BYTES = 64 * 2 ** 20;
const PART_BYTES = 16 * 2 ** 20;
const PARTS_AT_ONCE = 3;

export interface BucketOptions {
  /** Origin of the store. */
  endpoint: string;
  bucket: string;
  region: string;
  credentials: AwsKeys;
  addressing: Addressing;
  retries: RetrySettings;
  /** Sends all requests. */
  exchange: Exchange;
}

/** Bytes to store under a key. */
export interface BucketPut {
  size: number;
  contentType: string;
  /** Opens the bytes from `start` up to `end`, exclusive. Called again for each retry. */
  read(start: number, end: number): Readable;
  signal: AbortSignal;
}

/** The operations of Airlock on another party's bucket. They reject with `StorageError`. */
export interface BucketCalls {
  /** Stores an object: with one request, or in parts if the object is large. Replaces an existing object under that key. */
  put(key: string, put: BucketPut): Promise<void>;
  /** Deletes an object. Succeeds if the object does not exist. */
  delete(key: string): Promise<void>;
  /** Requests an object that may be missing. Succeeds if the store accepts the access key. */
  tryGet(key: string, signal: AbortSignal): Promise<void>;
  /** Signs a URL for GET, which expires after `expiresIn` seconds. */
  presignGet(key: string, expiresIn: number): Promise<string>;
  close(): Promise<void>;
}

export function openBucket(options: BucketOptions): BucketCalls {
  const signer = s3Signer({ ...options, publicEndpoint: options.endpoint });
  const client = s3Client(signer, { retries: options.retries, exchange: options.exchange });
  const parts = multipartCalls(client, signer);
  return {
    async put(key, put) {
      checkKey(key);
      checkSize(put.size);
      if (put.size <= SINGLE_BYTES)
        return send(client, { key, query: {}, start: 0, end: put.size }, put).then(() => {});
      const uploadId = await parts.createMultipart(key, put);
      try {
        const etags = await sendParts(client, { key, uploadId }, put);
        const isComplete = await parts.completeMultipart(key, uploadId, etags);
        if (!isComplete) throw new StorageError('storage has lost an upload in parts', { retry: false });
      } catch (error) {
        await parts.abortMultipart(key, uploadId).catch(() => {});
        throw error;
      }
    },
    async delete(key) {
      checkKey(key);
      const response = await client.send({ method: 'DELETE', key, expected: [200, 204, 404] });
      response.resume();
    },
    async tryGet(key, signal) {
      checkKey(key);
      const outagePolicy = { ms: 0, signal, onUnreachable: () => {} };
      try {
        const response = await client.send({ method: 'GET', key, expected: [200, 404], outagePolicy });
        response.destroy();
      } catch (error) {
        // The store verified the signature. For a missing object, it denies access unless the access key may also list the bucket.
        if (!(error instanceof StorageError) || error.code !== 'AccessDenied') throw error;
      }
    },
    async presignGet(key, expiresIn) {
      checkKey(key);
      checkExpiry(expiresIn);
      return signer.presignGet(key, { filename: 'source', contentType: 'application/octet-stream', expiresIn });
    },
    close: () => client.close(),
  };
}

interface Part {
  key: string;
  query: Record<string, string>;
  start: number;
  end: number;
}

/** Sends one PUT, and returns the entity tag of the stored bytes. */
async function send(client: S3Client, { key, query, start, end }: Part, put: BucketPut): Promise<string> {
  const { contentType, read, signal } = put;
  const length = { 'content-length': String(end - start) };
  const response = await client.send({
    ...{ method: 'PUT', key, query, expected: [200] },
    headers: query.uploadId === undefined ? { 'content-type': contentType, ...length } : length,
    body: () => (end === start ? Buffer.alloc(0) : read(start, end)),
    outagePolicy: { ms: 0, signal, onUnreachable: () => {} },
  });
  response.resume();
  return response.headers.etag ?? '';
}

async function sendParts(client: S3Client, { key, uploadId }: { key: string; uploadId: string }, put: BucketPut) {
  const { size } = put;
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS));
  const parts = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) => ({
    partNumber: index + 1,
    etag: '',
  }));
  await forEachAtOnce(parts, PARTS_AT_ONCE, async (part) => {
    const start = (part.partNumber - 1) * partBytes;
    const query = { partNumber: String(part.partNumber), uploadId };
    part.etag = await send(client, { key, query, start, end: Math.min(size, start + partBytes) }, put);
  });
  return parts;
}

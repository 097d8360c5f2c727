import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { FetchError, type Fetcher } from '../fetcher/index.ts';
import { type RetrySettings, S3_RETRIES } from '../storage/retries.ts';
import { isHostLabel } from '../storage/s3/addressing.ts';
import { type BucketCalls, openBucket } from '../storage/s3/bucket.ts';
import { StorageError } from '../storage/types.ts';
import { isAmazon } from './endpoint.ts';
import type { BucketAccess } from './stored-connection.ts';

/** Retries while a client waits for the check of a connection. */
const CHECK_RETRIES: RetrySettings = { ...S3_RETRIES, waitsMs: [200, 500], withinMs: 2_000 };

/** Opens the bucket of a connection. All of its requests use the guarded fetcher. Close the bucket after use. */
export function openConnection(
  fetcher: Pick<Fetcher, 'exchange'>,
  access: BucketAccess,
  retries: RetrySettings = S3_RETRIES,
): BucketCalls {
  const { endpoint, region, bucket } = access;
  return openBucket({
    ...{ endpoint, region, bucket, retries, exchange: fetcher.exchange() },
    addressing: isAmazon(endpoint) && isHostLabel(bucket) ? 'virtual' : 'path',
    credentials: { accessKeyId: access.access_key_id, secretAccessKey: access.secret_access_key },
  });
}

/**
 * Writes a small object to the bucket and deletes it. For a connection that only reads, requests an object that does not exist.
 * Returns the reason if this fails. Otherwise returns null.
 */
export async function checkBucket(
  fetcher: Pick<Fetcher, 'exchange'>,
  access: BucketAccess,
  signal: AbortSignal,
): Promise<string | null> {
  const bucket = openConnection(fetcher, access, CHECK_RETRIES);
  const key = `${access.prefix ?? ''}airlock-check-${randomUUID()}.txt`;
  const bytes = Buffer.from('Airlock checks that it can write to this bucket. It deletes this object at once.\n');
  const put = { size: bytes.length, contentType: 'text/plain', read: () => Readable.from([bytes]), signal };
  let step = access.mode === 'read' ? 'read an object' : 'write an object';
  try {
    if (access.mode === 'read') return await bucket.tryGet(key, signal).then(() => null);
    await bucket.put(key, put);
    step = 'delete the object that it wrote';
    await bucket.delete(key);
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return `Airlock could not ${step}: ${asClause(explainBucketError(error))}`;
  } finally {
    await bucket.close();
  }
}

function asClause(sentence: string): string {
  return sentence.replace(/^The /, 'the ').replace(/\.$/, '');
}

/** Returns a sentence for people about a failure of a store other than Airlock's own. The sentence contains no URLs and keys. */
export function explainBucketError(error: unknown): string {
  if (error instanceof FetchError) return error.message;
  if (!(error instanceof StorageError)) throw error;
  if (error.cause instanceof FetchError) return error.cause.message;
  const { status, code } = error;
  if (status === null) return 'The destination did not respond as S3 does.';
  return `The destination responded with ${status}${code === null ? '' : ` ${code}`}.`;
}

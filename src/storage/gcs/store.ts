import { type RetrySettings, S3_RETRIES } from '../retries.ts';
import { checkClock, listOne } from '../s3/bucket-check.ts';
import { s3Client } from '../s3/client.ts';
import { storeCalls } from '../s3/store.ts';
import type { ObjectStore } from '../types.ts';
import { type GcsSignerOptions, gcsSigner } from './signer.ts';

export interface GcsOptions extends GcsSignerOptions {
  /** Number of keys per page of a list. Default: 1,000, the maximum. */
  pageKeys?: number;
  retries?: RetrySettings;
}

export const GCS_ENDPOINT = 'https://storage.googleapis.com';

/** Opens a bucket of Google Cloud Storage through its XML API. Connects on the first call. */
export function openGcsStore(options: GcsOptions): ObjectStore {
  const { bucket, publicEndpoint, pageKeys, now = Date.now } = options;
  const signer = gcsSigner(options);
  const client = s3Client(signer, { retries: options.retries ?? S3_RETRIES });
  return {
    ...storeCalls(client, signer, {
      ...{ bucket, publicOrigin: new URL(publicEndpoint).origin, copySource: 'x-goog-copy-source' },
      // Google's XML API has no DeleteObjects.
      deletesMany: false,
      ...(pageKeys && { pageKeys }),
    }),

    equalParts: false,

    async capabilities() {
      return {};
    },

    /** Lists one key, because HEAD of the bucket requires a right on the bucket itself, which no other call needs. */
    async ping() {
      checkClock(await listOne(client), now());
    },
  };
}

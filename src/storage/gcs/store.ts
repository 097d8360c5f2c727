import { type RetrySettings, S3_RETRIES } from '../retries.ts';
import { s3Client } from '../s3/client.ts';
import { storeCalls } from '../s3/store.ts';
import { type ObjectStore, StorageError } from '../types.ts';
import { type GcsSignerOptions, gcsSigner } from './signer.ts';

export interface GcsOptions extends GcsSignerOptions {
  /** Keys per page of a list. Default: 1,000, the maximum. */
  pageKeys?: number;
  retries?: RetrySettings;
}

export const GCS_ENDPOINT = 'https://storage.googleapis.com';
/** Google refuses signed URLs of a clock that is 15 minutes fast, and slow ones expire early. */
const MAX_SKEW_MS = 300_000;

/** Opens a bucket of Google Cloud Storage through its XML API. Connects on the first call. */
export function openGcsStore(options: GcsOptions): ObjectStore {
  const { bucket, pageKeys, now = Date.now } = options;
  const signer = gcsSigner(options);
  const client = s3Client(signer, { retries: options.retries ?? S3_RETRIES });
  return {
    ...storeCalls(client, signer, { bucket, copySource: 'x-goog-copy-source', ...(pageKeys && { pageKeys }) }),

    async capabilities() {
      return {};
    },

    /** Lists one key: HEAD of the bucket needs a right on the bucket itself, which nothing else needs. */
    async ping() {
      const query = { 'list-type': '2', 'max-keys': '1' };
      const response = await client.send({ method: 'GET', key: '', query, expected: [200], brief: true });
      response.resume();
      const skew = now() - Date.parse(response.headers.date ?? '');
      if (Math.abs(skew) <= MAX_SKEW_MS || Number.isNaN(skew)) return;
      const direction = skew > 0 ? 'ahead of' : 'behind';
      const seconds = Math.round(Math.abs(skew) / 1000);
      throw new StorageError(
        `the clock of this machine is ${seconds} s ${direction} that of the storage, which refuses signed URLs: synchronize it, for example with NTP`,
        { retry: false },
      );
    },
  };
}

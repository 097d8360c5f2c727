import type { IncomingHttpHeaders } from 'node:http';
import { StorageError } from '../types.ts';
import type { S3Client } from './client.ts';

/**
 * Maximum difference between the clocks, in milliseconds. Stores reject signed URLs if the clock is wrong by 15 minutes, and URLs from a
 * slow clock expire early.
 */
const MAX_SKEW_MS = 300_000;

/**
 * Sends HEAD for a waiting client, and returns the headers. If the store rejects HEAD, lists one key, because the response to a rejected
 * HEAD contains no document with the reason.
 */
export async function headBucket(client: S3Client): Promise<IncomingHttpHeaders> {
  try {
    const response = await client.send({ method: 'HEAD', key: '', expected: [200], brief: true });
    response.resume();
    return response.headers;
  } catch (error) {
    if (!(error instanceof StorageError) || error.status === null || error.retry) throw error;
    return listOne(client);
  }
}

/** Lists one key for a waiting client, and returns the headers. */
export async function listOne(client: S3Client): Promise<IncomingHttpHeaders> {
  const query = { 'list-type': '2', 'max-keys': '1' };
  const response = await client.send({ method: 'GET', key: '', query, expected: [200], brief: true });
  response.resume();
  return response.headers;
}

/** Throws `StorageError` when the clocks of the store and of this machine, `now` in milliseconds, differ too much. */
export function checkClock({ date }: IncomingHttpHeaders, now: number): void {
  const skew = now - Date.parse(date ?? '');
  if (Math.abs(skew) <= MAX_SKEW_MS || Number.isNaN(skew)) return;
  const direction = skew > 0 ? 'ahead of' : 'behind';
  const seconds = Math.round(Math.abs(skew) / 1000);
  throw new StorageError(
    `the clock of this machine is ${seconds} s ${direction} the clock of the storage, which rejects signed URLs: synchronize it, for example with NTP`,
    { retry: false },
  );
}

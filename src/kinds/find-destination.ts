import { findBoundFault } from '../connections/connection-bounds.ts';
import { findConnection } from '../connections/connections.ts';
import type { Destination } from '../contract/destinations.ts';
import { ApiError } from '../contract/errors.ts';
import type { NewDelivery } from '../jobs/delivery.ts';
import { missingConnection } from './connection-sources.ts';
import type { AdmissionServices } from './kind.ts';

interface NamedDestination {
  given: Destination;
  field: string;
  /** The folder below the prefix of the destination: empty, or with a slash at the end. */
  folder: string;
}

/**
 * Finds a destination that a request names. Returns an `ApiError` if the destination is not allowed. A worker checks the address when it
 * connects.
 */
export async function findDestination(
  { context: { db, vault }, checkWebhookUrl }: Pick<AdmissionServices, 'context' | 'checkWebhookUrl'>,
  accountId: string,
  { given: { url, headers, s3 }, field, folder }: NamedDestination,
): Promise<NewDelivery | ApiError> {
  if (url !== undefined) {
    const { reason } = checkWebhookUrl(url);
    if (reason === undefined) {
      const place = { host: new URL(url).host, bucket: null, prefix: null };
      return { target: { url, headers: lowerNames(headers ?? {}) }, place };
    }
    const remedy = 'Send a public https:// URL, or have the operator allow its address in AIRLOCK_FETCH_ALLOW';
    return new ApiError('invalid_request', { field: `${field}.url`, reason, remedy });
  }
  // The schema requires either a URL or a connection.
  const { connection, bucket, prefix } = s3!;
  const found = await findConnection({ db, vault, accountId }, connection);
  if (!('access' in found)) return missingConnection(`${field}.s3.connection`, connection, found.near);
  const { access } = found;
  if (bucket !== undefined && bucket !== access.bucket) {
    const reason = `is not the bucket of the connection "${connection}"`;
    const remedy = `Send "${access.bucket}", or omit bucket`;
    return new ApiError('invalid_request', { field: `${field}.s3.bucket`, reason, remedy });
  }
  const base = prefix ? `${prefix.replace(/\/$/, '')}/` : (access.prefix ?? '');
  const fault = findBoundFault(access, { purpose: 'write', key: base });
  if (fault) {
    const named = prefix && access.mode !== 'read' ? 'prefix' : 'connection';
    return new ApiError('invalid_request', { field: `${field}.s3.${named}`, ...fault });
  }
  const path = `${base}${folder}`;
  const place = { host: new URL(access.endpoint).host, bucket: access.bucket, prefix: path };
  return { target: { connection, prefix: path }, place };
}

function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

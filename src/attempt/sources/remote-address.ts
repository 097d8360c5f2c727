import { openConnection } from '../../connections/bucket.ts';
import { findBoundFault } from '../../connections/connection-bounds.ts';
import { findConnection } from '../../connections/connections.ts';
import { parseS3Url } from '../../contract/connections.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { WorkTools } from '../tools.ts';

/** Seconds for which a signed URL is valid: longer than any fetch with its retries. */
const READ_SECONDS = 6 * 3600;

/** The owner of the source, and the name of the source in errors, e.g. `Input 1`. */
interface SourceOwner {
  accountId: string;
  subject: string;
}

/**
 * Returns the URL from which a source is fetched. For an object in the bucket of a connection, returns a signed URL. Otherwise, returns the
 * URL unchanged. Throws `JobFailure` if the connection does not exist or does not allow to read the object.
 */
export async function remoteAddress(
  { context: { db, vault }, fetcher }: Pick<WorkTools, 'context' | 'fetcher'>,
  { accountId, subject }: SourceOwner,
  url: string,
): Promise<string> {
  const object = parseS3Url(url);
  if (!object) return url;
  const { connection, key } = object;
  const found = await findConnection({ db, vault, accountId }, connection);
  if (!('access' in found)) {
    throw new JobFailure('connection_not_found', `${subject}: There is no connection "${connection}".`);
  }
  // The connection may have been replaced since the job was accepted.
  const fault = findBoundFault(found.access, { purpose: 'read', key });
  if (fault) throw new JobFailure('source_refused', `${subject}: The URL ${fault.reason}.`);
  const bucket = openConnection(fetcher, found.access);
  try {
    return await bucket.presignGet(key, READ_SECONDS);
  } finally {
    await bucket.close();
  }
}

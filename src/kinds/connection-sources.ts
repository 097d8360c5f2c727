import { findBoundFault } from '../connections/connection-bounds.ts';
import { findConnection } from '../connections/connections.ts';
import { parseS3Url } from '../contract/connections.ts';
import { ApiError } from '../contract/errors.ts';
import type { NamedSource } from '../jobs/sources.ts';
import type { AdmissionServices, Caller } from './kind.ts';

/** Returns the error for a connection that a request names and that does not exist. */
export function missingConnection(field: string, name: string, near: string | null): ApiError {
  return new ApiError('connection_not_found', {
    ...{ field, reason: `there is no connection "${name}"` },
    remedy: near === null ? 'Use the name of a connection of this account' : `Use "${near}"`,
    ...(near !== null && { near }),
  });
}

/** Returns an error for each source whose connection does not exist, or does not allow to read the source. */
export async function missingConnections(
  { context: { db, vault } }: Pick<AdmissionServices, 'context'>,
  { account }: Pick<Caller, 'account'>,
  sources: readonly NamedSource[],
): Promise<ApiError[]> {
  const problems: ApiError[] = [];
  for (const { url, field } of sources) {
    const object = parseS3Url(url);
    if (!object) continue;
    const found = await findConnection({ db, vault, accountId: account.id }, object.connection);
    if (!('access' in found)) problems.push(missingConnection(field, object.connection, found.near));
    else {
      const fault = findBoundFault(found.access, { purpose: 'read', key: object.key });
      if (fault) problems.push(new ApiError('invalid_request', { field, ...fault }));
    }
  }
  return problems;
}

import { ApiError } from '../contract/errors.ts';
import { isUuid } from '../crypto/uuid.ts';

/** Returns the id of a path. Throws 404 for a text that is not a UUID, as for an id that does not exist. */
export function parseUuidOr404(id: string): string {
  if (!isUuid(id)) throw new ApiError('not_found');
  return id;
}

import type { Account } from '../accounts/accounts.ts';
import { exactBytes, shortBytes } from '../contract/byte-size.ts';
import { ApiError } from '../contract/errors.ts';
import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';

/** The limit in the error's text, which the API promises for uploads with one PUT. */
const FIXED_LIMIT = '2GB';

/**
 * Throws `file_too_large` if an upload is larger than the account or the server allows. `serverMost` is the maximum size that the server
 * accepts in parts. One PUT sends at most `MAX_UPLOAD_BYTES`.
 */
export function requireUploadSize(
  account: Pick<Account, 'max_upload_bytes'>,
  bytes: number,
  { serverMost, inParts, field = 'fileSize' }: { serverMost: number; inParts: boolean; field?: string },
): void {
  const allowed = Math.min(serverMost, account.max_upload_bytes ?? serverMost);
  const limit = inParts ? allowed : Math.min(allowed, MAX_UPLOAD_BYTES);
  if (bytes <= limit) return;
  const who = account.max_upload_bytes !== null && account.max_upload_bytes <= limit ? 'this account' : 'this server';
  const details = {
    field,
    reason: `is ${exactBytes(bytes)}; ${who} allows at most ${exactBytes(limit)} ${inParts ? 'per upload' : 'in one PUT'}`,
    remedy:
      bytes <= allowed
        ? 'Upload in parts with POST /v1/upload/multipart'
        : `Send a smaller file, or ask the operator to raise ${who === 'this account' ? 'max_upload_bytes' : 'AIRLOCK_MAX_UPLOAD'}`,
    limit,
  };
  throw new ApiError('file_too_large', details, { limit: inParts ? shortBytes(limit) : FIXED_LIMIT });
}

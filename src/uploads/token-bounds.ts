import { sql } from 'kysely';
import type { Account } from '../accounts/accounts.ts';
import { countOfDay } from '../accounts/count-of-day.ts';
import { exactBytes } from '../contract/byte-size.ts';
import { ApiError, type ErrorCode } from '../contract/errors.ts';
import { MAX_TOKEN_UPLOADS_A_DAY, TOKEN_SHARE } from '../contract/upload-tokens.ts';
import type { PresignBody } from '../contract/uploads.ts';
import type { Tx } from '../database/pool.ts';
import { declaredTypeOf } from './presign.ts';
import type { UploadToken } from './tokens.ts';
import type { Upload } from './upload.ts';

/** Seconds after which a client should retry. A request does not know when the daily window ends. */
const RETRY_SECONDS = 3600;
const NEW_TOKEN = 'Request a new upload token from your server';
/** Errors whose details contain figures of the account. */
const ABOUT_ACCOUNT: readonly ErrorCode[] = ['storage_quota', 'too_many_open_uploads'];

/** Throws `upload_token_exceeded` if a token does not allow a file of this size and type, or no further file. */
export function requireTokenAllows(token: UploadToken, body: PresignBody): void {
  const { max_bytes: limit, content_types: types } = token;
  if (body.fileSize > limit) {
    const reason = `is ${exactBytes(body.fileSize)}; this upload token allows at most ${exactBytes(limit)} per file`;
    throw new ApiError('upload_token_exceeded', { field: 'fileSize', reason, limit, remedy: 'Send a smaller file' });
  }
  const type = declaredTypeOf(body);
  if (types && !types.includes(type)) {
    throw new ApiError('upload_token_exceeded', {
      field: 'contentType',
      reason: `is ${type}, which this upload token does not allow`,
      accepted: types,
      remedy: `Send a file of the type ${types.join(' or ')}`,
    });
  }
  if (token.files >= token.max_files) throw tooManyFiles(token);
}

function tooManyFiles({ max_files: limit }: UploadToken): ApiError {
  const uploads = limit === 1 ? 'one upload' : `${limit} uploads`;
  const reason = `this upload token allows ${uploads}, and has begun as many`;
  return new ApiError('upload_token_exceeded', { metric: 'files', limit, reason, remedy: NEW_TOKEN });
}

/**
 * Runs `begin`, which inserts an upload of the token. One conditional update in the same transaction counts the files: concurrent requests
 * wait for each other, and a failed upload does not count. Throws `upload_token_exceeded`, and `rate_limit_exceeded` if the account's
 * tokens have begun too many uploads in a day.
 */
export async function beginWithToken<T>(
  tx: Tx,
  token: UploadToken | null,
  begin: () => Promise<T>,
  idOf: (begun: T) => string,
): Promise<T> {
  if (!token) return begin();
  const counted = await tx
    .updateTable('upload_tokens')
    .set({ files: sql`files + 1` })
    .where('id', '=', token.id)
    .whereRef('files', '<', 'max_files')
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('id')
    .executeTakeFirst();
  if (!counted) throw tooManyFiles(token);
  if ((await countOfDay(tx, 'token_uploads', token.account_id)) > MAX_TOKEN_UPLOADS_A_DAY) {
    throw new ApiError('rate_limit_exceeded', {
      limit: MAX_TOKEN_UPLOADS_A_DAY,
      retry_after_seconds: RETRY_SECONDS,
      reason: 'too many uploads have begun with upload tokens in 24 hours',
      remedy: 'Retry later',
    });
  }
  const begun = await begin().catch((error: unknown) => {
    throw withoutFigures(error);
  });
  await tx.updateTable('uploads').set({ token_id: token.id }).where('id', '=', idOf(begun)).execute();
  return begun;
}

/**
 * Replaces an error whose details contain figures of the account. A page learns that the account is full, but not how much the account
 * stores.
 */
function withoutFigures(error: unknown): unknown {
  if (!(error instanceof ApiError) || !ABOUT_ACCOUNT.includes(error.code)) return error;
  const reason = 'the account accepts no more uploads from web pages now';
  return new ApiError(error.code, { reason, remedy: 'Retry later' });
}

/** Returns the account with the limits up to which uploads with tokens may fill it. */
export function shareForTokens(account: Account): Account {
  const shareOf = (limit: number) => Math.floor(limit * TOKEN_SHARE);
  return {
    ...account,
    max_open_uploads: shareOf(account.max_open_uploads),
    max_stored_bytes: shareOf(account.max_stored_bytes),
  };
}

/** Whether a caller may use an upload. A token may use only the uploads that it began. */
export function isUploadOf(token: UploadToken | null, upload: Pick<Upload, 'token_id'>): boolean {
  return token === null || upload.token_id === token.id;
}

/**
 * Returns the route under which an Idempotency-Key is stored. Each token has its own route, so that no page can repeat another client's
 * request and get its URL.
 */
export function routeFor(token: UploadToken | null, route: string): string {
  return token ? `${route}:${token.id}` : route;
}

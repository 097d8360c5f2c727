import { type Selectable, sql } from 'kysely';
import { type Account, getAccount } from '../accounts/accounts.ts';
import { type Actor, appendAudit } from '../accounts/audit.ts';
import { countOfDay } from '../accounts/count-of-day.ts';
import { isAliveRow } from '../accounts/key-life.ts';
import { ApiError } from '../contract/errors.ts';
import { ROLE_SCOPES } from '../contract/people.ts';
import { MAX_NEW_TOKENS_A_DAY, TOKEN_FILES, TOKEN_SECONDS, type UploadTokenBody } from '../contract/upload-tokens.ts';
import { hashApiKey, makeUploadToken, uploadTokenOf } from '../crypto/api-key.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Vault } from '../crypto/vault.ts';
import { inSeconds } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { UploadTokensTable } from '../database/tables.ts';
import { recordEvent } from '../events/record.ts';

/*
 * Upload tokens. A token is a row instead of a signed text, because the row counts the token's files, and the token expires with the key or
 * person that created it.
 */

export type UploadToken = Selectable<UploadTokensTable>;

/** The creator of a token: a key or a person. The token expires with its creator. */
export interface TokenMaker {
  accountId: string;
  by: { keyId: string } | { userId: string };
  actor: Actor;
}

/**
 * Returns the text of a token that was created with an Idempotency-Key. It depends on the key, so that a repeated request gets the same
 * token although the text is not stored. A line break keeps the HMAC apart from the HMACs of texts that clients choose.
 */
export function keyedToken(vault: Vault, id: string, idempotencyKey: string) {
  return uploadTokenOf(vault.fingerprint(`upload token\n${id}\n${idempotencyKey}`));
}

/** Creates a token. The token's text is not stored. Throws `too_many_upload_tokens`. */
export async function createUploadToken(
  { tx, vault }: { tx: Tx; vault: Vault },
  { accountId, by, actor }: TokenMaker,
  body: UploadTokenBody,
  idempotencyKey: string | null,
): Promise<{ id: string; token: string; expiresAt: Date }> {
  if ((await countOfDay(tx, 'upload_tokens', accountId)) > MAX_NEW_TOKENS_A_DAY) {
    throw new ApiError('too_many_upload_tokens', {
      limit: MAX_NEW_TOKENS_A_DAY,
      reason: `the account may create ${MAX_NEW_TOKENS_A_DAY} tokens in 24 hours`,
    });
  }
  const id = uuidv7();
  const { raw, hash } = idempotencyKey === null ? makeUploadToken() : keyedToken(vault, id, idempotencyKey);
  const { expires_at: expiresAt } = await tx
    .insertInto('upload_tokens')
    .values({
      id,
      account_id: accountId,
      token_hash: hash,
      expires_at: inSeconds(body.expires_in ?? TOKEN_SECONDS.default),
      key_id: 'keyId' in by ? by.keyId : null,
      user_id: 'userId' in by ? by.userId : null,
      origin: body.origin ?? null,
      content_types: body.content_types ?? null,
      max_bytes: body.max_bytes,
      max_files: body.max_files ?? TOKEN_FILES.default,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  await recordEvent(tx, { accountId }, 'upload_token.created', { upload_token_id: id });
  await appendAudit(tx, { ...actor, action: 'upload_token.created', target: id, result: 'ok' });
  return { id, token: raw, expiresAt };
}

/** Finds a token, and whether it is valid. Expired tokens can be found for a day. */
export async function findUploadToken(
  db: Db,
  raw: string,
): Promise<{ token: UploadToken; account: Account; isActive: boolean } | undefined> {
  const found = await db
    .selectFrom('upload_tokens')
    .selectAll()
    .select(sql<boolean>`expires_at > now()`.as('is_valid'))
    .where('token_hash', '=', hashApiKey(raw))
    .executeTakeFirst();
  const account = found && (await getAccount(db, found.account_id));
  if (!found || !account) return undefined;
  const { is_valid: isValid, ...token } = found;
  const isActive = isValid && (await mayMakerUpload(db, token));
  return { token, account, isActive };
}

/** Whether the key or the person that created a token is still active, and may still upload. */
async function mayMakerUpload(db: Db, { key_id, user_id }: UploadToken): Promise<boolean> {
  if (key_id !== null) {
    const key = await db
      .selectFrom('api_keys')
      .select('scopes')
      .where('id', '=', key_id)
      .where(isAliveRow)
      .executeTakeFirst();
    return key?.scopes.includes('upload') ?? false;
  }
  if (user_id === null) return false;
  const user = await db
    .selectFrom('users')
    .select(['role', 'disabled_at'])
    .where('id', '=', user_id)
    .executeTakeFirst();
  return user !== undefined && user.disabled_at === null && ROLE_SCOPES[user.role].includes('upload');
}

import { type Selectable, sql } from 'kysely';
import { makeApiKey } from '../crypto/api-key.ts';
import { sha256 } from '../crypto/hash.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import type { Tx } from '../database/pool.ts';
import type { ApiKeysTable } from '../database/tables.ts';
import { recordEvent } from '../events/record.ts';
import { lockAccount } from './accounts.ts';
import { type Actor, appendAudit } from './audit.ts';
import { requireKeyCapacity } from './key-bounds.ts';
import { endKey, revokeKey } from './keys.ts';
import { takeOver } from './token-end.ts';

/** Seconds for which an access token is valid. */
export const ACCESS_SECONDS = 3600;
/** Seconds without a refresh after which a grant ends: 30 days. */
const REFRESH_SECONDS = 30 * 86_400;

/** A row of `api_keys` that is an access token. */
export type AccessToken = Selectable<ApiKeysTable>;

export interface NewTokens {
  key: AccessToken;
  /** The raw tokens. The database contains only their hashes. */
  access: string;
  refresh: string;
}

export interface Grant {
  accountId: string;
  userId: string;
  clientId: string;
  /** The name of the client, by which people recognize the token. */
  name: string;
  scopes: readonly string[];
}

/** Secrets of a grant. `family` stays the same, so that a refresh token that has already been used is recognized. */
interface RefreshSecrets {
  family: string;
  current: string;
}

/**
 * Creates the tokens of a grant. Earlier grants of the same person to the same client end, and the new grant takes over the keys and
 * webhooks that they made. Throws `too_many_keys`, because an access token counts as a key.
 */
export async function issueTokens(tx: Tx, grant: Grant, secrets: RefreshSecrets, by: Actor): Promise<NewTokens> {
  const { accountId, userId, clientId, name, scopes } = grant;
  await lockAccount(tx, accountId);
  const earlier = await liveTokens(tx, userId, clientId);
  for (const token of earlier) await endKey(tx, token, by);
  await requireKeyCapacity(tx, accountId, 1);
  const made = makeApiKey();
  const key = await tx
    .insertInto('api_keys')
    .values({
      ...{ id: uuidv7(), account_id: accountId, name, scopes: [...scopes] },
      ...{ oauth_client_id: clientId, oauth_user_id: userId, family_hash: sha256(secrets.family) },
      ...renewed(made, secrets),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await takeOver(
    tx,
    earlier.map(({ id }) => id),
    key.id,
  );
  await appendAudit(tx, { ...by, action: 'key.created', target: key.id, result: 'ok', details: { oauth: true } });
  await recordEvent(tx, { accountId }, 'key.created', { key_id: key.id });
  return { key, access: made.raw, refresh: joined(secrets) };
}

/** Replaces the tokens of a grant in place. The old access token becomes invalid immediately. */
export async function renewTokens(
  tx: Tx,
  key: AccessToken,
  secrets: RefreshSecrets,
  scopes: readonly string[],
): Promise<NewTokens> {
  const made = makeApiKey();
  const renewedKey = await tx
    .updateTable('api_keys')
    .set({ ...renewed(made, secrets), scopes: [...scopes] })
    .where('id', '=', key.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { key: renewedKey, access: made.raw, refresh: joined(secrets) };
}

interface LockedGrant {
  key: AccessToken;
  /** False for a refresh token that has already been used. */
  isCurrent: boolean;
  /** Whether the grant can be refreshed. */
  isOpen: boolean;
}

/** Finds and locks the grant of a refresh token. */
export async function lockGrant(tx: Tx, refresh: string): Promise<LockedGrant | undefined> {
  const [family, current] = refresh.split('.');
  if (!family || !current) return undefined;
  const key = await tx
    .selectFrom('api_keys')
    .selectAll()
    .select(sql<boolean>`revoked_at IS NULL AND coalesce(refresh_expires_at > now(), false)`.as('is_open'))
    .where('family_hash', '=', sha256(family))
    .forUpdate()
    .executeTakeFirst();
  return key && { key, isCurrent: key.refresh_hash?.equals(sha256(current)) ?? false, isOpen: key.is_open };
}

/** Returns the part that all refresh tokens of a grant share. */
export function familyOf(refresh: string): string {
  return refresh.split('.')[0]!;
}

/** Finds the grant of an access token. */
export async function findGrantByAccess(tx: Tx, access: string): Promise<AccessToken | undefined> {
  return tx
    .selectFrom('api_keys')
    .selectAll()
    .where('key_hash', '=', sha256(access))
    .where('oauth_client_id', 'is not', null)
    .executeTakeFirst();
}

/** Revokes all grants of a person to clients. */
export async function revokeTokensOf(tx: Tx, userId: string, by: Actor): Promise<void> {
  for (const { id, account_id } of await liveTokens(tx, userId)) await revokeKey(tx, id, account_id, by);
}

async function liveTokens(tx: Tx, userId: string, clientId?: string): Promise<AccessToken[]> {
  let query = tx
    .selectFrom('api_keys')
    .selectAll()
    .where('oauth_user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('refresh_expires_at', '>', databaseNow);
  if (clientId) query = query.where('oauth_client_id', '=', clientId);
  return query.execute();
}

function renewed({ hash, hint }: { hash: Buffer; hint: string }, { current }: RefreshSecrets) {
  return {
    ...{ key_hash: hash, hint, refresh_hash: sha256(current) },
    expires_at: inSeconds(ACCESS_SECONDS),
    refresh_expires_at: inSeconds(REFRESH_SECONDS),
  };
}

function joined({ family, current }: RefreshSecrets): string {
  return `${family}.${current}`;
}

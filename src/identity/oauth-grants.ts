import { createHash, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { type Actor, appendAudit } from '../accounts/audit.ts';
import { revokeKey } from '../accounts/keys.ts';
import {
  familyOf,
  findGrantByAccess,
  issueTokens,
  lockGrant,
  type NewTokens,
  renewTokens,
} from '../accounts/oauth-tokens.ts';
import { ROLE_SCOPES } from '../contract/people.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { OauthClient } from './oauth-clients.ts';
import { hashToken, makeToken } from './tokens.ts';
import type { User } from './users.ts';

/** Number of seconds for which a code is valid. The client exchanges the code immediately. */
const CODE_SECONDS = 60;

type Origin = Omit<Actor, 'actor'>;

export interface Consent {
  client: OauthClient;
  user: User;
  redirectUri: string;
  /** The S256 challenge of the client. */
  challenge: string;
  scopes: string[];
}

/** Records that a person has allowed a client access. Returns the code, of which only the hash is stored. */
export async function grantCode(tx: Tx, consent: Consent, by: Origin): Promise<string> {
  const { client, user, redirectUri, challenge, scopes } = consent;
  const { raw, hash } = makeToken();
  await tx
    .insertInto('oauth_codes')
    .values({
      ...{ code_hash: hash, client_id: client.id, user_id: user.id, redirect_uri: redirectUri, challenge, scopes },
      expires_at: inSeconds(CODE_SECONDS),
    })
    .execute();
  await appendAudit(tx, { ...by, actor: `user:${user.id}`, action: 'oauth.granted', target: client.id, result: 'ok' });
  return raw;
}

export interface Exchange {
  code: string;
  clientId: string;
  redirectUri: string;
  verifier: string;
}

/**
 * Exchanges a code for tokens. A code is used up even if the rest of the request is invalid. If a client sends a used code again, the grant
 * that the code created ends. Returns null if the code is rejected. The caller must commit in both cases.
 */
export async function exchangeCode(tx: Tx, sent: Exchange, by: Origin): Promise<NewTokens | null> {
  const hash = hashToken(sent.code);
  const found = hash
    ? await tx
        .selectFrom('oauth_codes')
        .selectAll()
        .select(sql<boolean>`expires_at > now()`.as('is_valid'))
        .where('code_hash', '=', hash)
        .forUpdate()
        .executeTakeFirst()
    : undefined;
  if (!hash || !found || found.client_id !== sent.clientId) return null;
  const actor = `user:${found.user_id}`;
  if (found.used_at) {
    await appendAudit(tx, { ...by, actor, action: 'oauth.reused', target: found.client_id, result: 'refused' });
    if (found.key_id) await revokeKey(tx, found.key_id, undefined, { ...by, actor: 'system' });
    return null;
  }
  const isRight =
    found.is_valid && found.redirect_uri === sent.redirectUri && isVerifierOf(sent.verifier, found.challenge);
  const user = await activeUser(tx, found.user_id);
  const scopes = user ? allowedScopes(user, found.scopes) : [];
  const { name } = await tx
    .selectFrom('oauth_clients')
    .select('name')
    .where('id', '=', found.client_id)
    .executeTakeFirstOrThrow();
  const used = { used_at: databaseNow };
  if (!isRight || !user || scopes.length === 0) {
    await tx.updateTable('oauth_codes').set(used).where('code_hash', '=', hash).execute();
    return null;
  }
  const grant = { accountId: user.account_id, userId: user.id, clientId: found.client_id, name, scopes };
  const secrets = { family: makeToken().raw, current: makeToken().raw };
  const tokens = await issueTokens(tx, grant, secrets, { ...by, actor });
  await tx
    .updateTable('oauth_codes')
    .set({ ...used, key_id: tokens.key.id })
    .where('code_hash', '=', hash)
    .execute();
  return tokens;
}

/**
 * Exchanges a refresh token for new tokens. If a client sends an old refresh token, the grant ends, because either the old or the new token
 * was stolen. Returns null if the token is rejected. The caller must commit in both cases.
 */
export async function refreshGrant(
  tx: Tx,
  sent: { refresh: string; clientId: string },
  by: Origin,
): Promise<NewTokens | null> {
  const found = await lockGrant(tx, sent.refresh);
  if (!found || found.key.oauth_client_id !== sent.clientId) return null;
  const { key, isCurrent, isOpen } = found;
  const actor = `user:${key.oauth_user_id}`;
  if (!isCurrent) {
    await appendAudit(tx, { ...by, actor, action: 'oauth.reused', target: sent.clientId, result: 'refused' });
    await revokeKey(tx, key.id, undefined, { ...by, actor: 'system' });
    return null;
  }
  if (!isOpen || !key.oauth_user_id) return null;
  const user = await activeUser(tx, key.oauth_user_id);
  const scopes = user ? allowedScopes(user, key.scopes) : [];
  if (scopes.length === 0) return null;
  return renewTokens(tx, key, { family: familyOf(sent.refresh), current: makeToken().raw }, scopes);
}

/**
 * Ends the grant of an access or refresh token, if the token belongs to this client. `clientId` is null if any client may own the token.
 */
export async function endGrant(tx: Tx, token: string, clientId: string | null, by: Origin): Promise<void> {
  const key = token.startsWith('al_live_') ? await findGrantByAccess(tx, token) : (await lockGrant(tx, token))?.key;
  if (!key || (clientId !== null && key.oauth_client_id !== clientId)) return;
  await revokeKey(tx, key.id, undefined, { ...by, actor: `user:${key.oauth_user_id}` });
}

/** Returns the requested scopes that the role of the person has, except `operator`, which is never allowed. */
export function allowedScopes({ role }: Pick<User, 'role'>, asked: readonly string[]): string[] {
  return ROLE_SCOPES[role].filter((scope) => scope !== 'operator' && asked.includes(scope));
}

async function activeUser(db: Db, id: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).where('disabled_at', 'is', null).executeTakeFirst();
}

function isVerifierOf(verifier: string, challenge: string): boolean {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return false;
  const found = createHash('sha256').update(verifier).digest();
  const expected = Buffer.from(challenge, 'base64url');
  return found.length === expected.length && timingSafeEqual(found, expected);
}

import { sql } from 'kysely';
import { DEFAULT_ACCOUNT, ensureAccount } from '../accounts/accounts.ts';
import { type Actor, appendAudit } from '../accounts/audit.ts';
import { ApiError } from '../contract/errors.ts';
import type { SetupBody, SetupLinkView } from '../contract/people.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import { type OpenedSession, openSession } from './sessions.ts';
import { hashToken, makeToken } from './tokens.ts';
import { createUser, hasNoUsers, setPassword, type User } from './users.ts';

/** Number of seconds for which a link is valid. */
const LINK_SECONDS = 86_400;
const SETUP_LOCK = 0x53_45_54_55; // The letters "SETU" in ASCII.

/**
 * Creates a link with which a person can set their password once. Earlier links of this person become invalid. Without a user, the link
 * creates the first operator, and is valid only while the server has no users. Returns the token, of which only the hash is stored.
 */
export async function createSetupLink(tx: Tx, user: User | null, by: Actor): Promise<string> {
  const { raw, hash } = makeToken();
  await tx
    .deleteFrom('setup_links')
    .where((row) =>
      row.or([row('expires_at', '<', databaseNow), row('user_id', 'is not distinct from', user?.id ?? null)]),
    )
    .execute();
  await tx
    .insertInto('setup_links')
    .values({ token_hash: hash, user_id: user?.id ?? null, expires_at: inSeconds(LINK_SECONDS) })
    .execute();
  if (user) await appendAudit(tx, { ...by, action: 'user.link_created', target: user.id, result: 'ok' });
  return raw;
}

/** Returns the person and the account for which a link sets the password. Throws `setup_link_invalid`. */
export async function readSetupLink(db: Db, token: string): Promise<SetupLinkView> {
  const { user } = await findLink(db, token);
  if (!user) return { email: null, role: 'operator', account: { name: DEFAULT_ACCOUNT } };
  const { name } = await db
    .selectFrom('accounts')
    .select('name')
    .where('id', '=', user.account_id)
    .executeTakeFirstOrThrow();
  return { email: user.email, role: user.role, account: { name } };
}

/**
 * Uses a link: sets the password, and opens a session. Throws `setup_link_invalid`. Throws `invalid_request` if the link creates the first
 * operator and `email` is missing.
 */
export async function useSetupLink(
  tx: Tx,
  { token, email }: Pick<SetupBody, 'token' | 'email'>,
  passwordHash: string,
  by: Omit<Actor, 'actor'>,
): Promise<OpenedSession & { user: User }> {
  // The lock ensures that only one person becomes the first operator if two people use a link at the same time.
  await sql`SELECT pg_advisory_xact_lock(${SETUP_LOCK})`.execute(tx);
  const { hash, user: known } = await findLink(tx, token);
  if (!known && !email)
    throw new ApiError('invalid_request', { field: 'email', reason: 'is missing', remedy: 'Send email' });
  const user = known ?? (await createFirst(tx, email!, by));
  await tx.deleteFrom('setup_links').where('token_hash', '=', hash).execute();
  await setPassword(tx, user.id, passwordHash);
  const actor = `user:${user.id}`;
  await appendAudit(tx, { ...by, actor, action: 'user.password_set', target: user.id, result: 'ok' });
  return { ...(await openSession(tx, user, by)), user };
}

async function createFirst(tx: Tx, email: string, by: Omit<Actor, 'actor'>): Promise<User> {
  const account = await ensureAccount(tx, DEFAULT_ACCOUNT, 'system');
  return createUser(tx, { accountId: account.id, email, role: 'operator' }, { ...by, actor: 'system' });
}

async function findLink(db: Db, token: string): Promise<{ hash: Buffer; user: User | null }> {
  const hash = hashToken(token);
  const link = hash
    ? await db
        .selectFrom('setup_links')
        .selectAll()
        .where('token_hash', '=', hash)
        .where('expires_at', '>', databaseNow)
        .executeTakeFirst()
    : undefined;
  if (!hash || !link) throw new ApiError('setup_link_invalid');
  if (!link.user_id) {
    if (!(await hasNoUsers(db))) throw new ApiError('setup_link_invalid');
    return { hash, user: null };
  }
  const user = await db.selectFrom('users').selectAll().where('id', '=', link.user_id).executeTakeFirstOrThrow();
  if (user.disabled_at) throw new ApiError('setup_link_invalid');
  return { hash, user };
}

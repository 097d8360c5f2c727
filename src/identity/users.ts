import type { Selectable } from 'kysely';
import { type Actor, appendAudit } from '../accounts/audit.ts';
import { revokeTokensOf } from '../accounts/oauth-tokens.ts';
import { ApiError } from '../contract/errors.ts';
import type { Role } from '../contract/people.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { databaseNow } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { UsersTable } from '../database/tables.ts';

export type User = Selectable<UsersTable>;

export interface NewUser {
  accountId: string;
  /** Email address in lower case. */
  email: string;
  role: Role;
}

/** Creates a person without a password. A setup link sets the password. Throws `email_taken`. */
export async function createUser(tx: Tx, { accountId, email, role }: NewUser, by: Actor): Promise<User> {
  const user = await tx
    .insertInto('users')
    .values({ id: uuidv7(), account_id: accountId, email, role })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!user) throw new ApiError('email_taken', { field: 'email' });
  await appendAudit(tx, { ...by, action: 'user.created', target: user.id, result: 'ok', details: { role } });
  return user;
}

export async function findUser(db: Db, email: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('email', '=', email.trim().toLowerCase()).executeTakeFirst();
}

/** Returns all people with the names of their accounts, sorted by email address. */
export async function listUsers(db: Db): Promise<(User & { account: string })[]> {
  return db
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.id', 'users.account_id')
    .selectAll('users')
    .select('accounts.name as account')
    .orderBy('email')
    .execute();
}

/** Whether the server has no users yet. */
export async function hasNoUsers(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined;
}

/** Sets a password. Ends all sessions of the person and all of their grants to OAuth clients. */
export async function setPassword(tx: Tx, userId: string, passwordHash: string): Promise<void> {
  await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', userId).execute();
  await tx.deleteFrom('sessions').where('user_id', '=', userId).execute();
  await revokeTokensOf(tx, userId, { actor: `user:${userId}` });
}

/**
 * Allows or forbids a person to sign in. Disabling also ends the person's sessions and grants to OAuth clients, and deletes their setup
 * link.
 */
export async function setDisabled(tx: Tx, user: User, disabled: boolean, by: Actor): Promise<void> {
  await tx
    .updateTable('users')
    .set({ disabled_at: disabled ? (user.disabled_at ?? databaseNow) : null })
    .where('id', '=', user.id)
    .execute();
  if (disabled) {
    await tx.deleteFrom('sessions').where('user_id', '=', user.id).execute();
    await tx.deleteFrom('setup_links').where('user_id', '=', user.id).execute();
    await revokeTokensOf(tx, user.id, by);
  }
  await appendAudit(tx, { ...by, action: disabled ? 'user.disabled' : 'user.enabled', target: user.id, result: 'ok' });
}

import { type Expression, type ExpressionBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Account } from '../accounts/accounts.ts';
import { type Actor, appendAudit } from '../accounts/audit.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { databaseNow, inSeconds, secondsAgo } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { SessionsTable, Tables } from '../database/tables.ts';
import { hashToken, makeToken } from './tokens.ts';
import type { User } from './users.ts';

export type Session = Selectable<SessionsTable>;

/** Maximum lifetime of a session in seconds: a week, regardless of its use. */
export const SESSION_SECONDS = 7 * 86_400;
/** Number of seconds after which an unused session ends. */
const IDLE_SECONDS = 86_400;
/** Maximum number of sessions of one person. A new session ends the oldest session. */
const MAX_SESSIONS = 20;

export interface OpenedSession {
  session: Session;
  /** The value of the cookie. Only its hash is stored. */
  token: string;
}

/** Opens a session for a person who has proved their identity. */
export async function openSession(tx: Tx, user: User, by: Omit<Actor, 'actor'>): Promise<OpenedSession> {
  const { raw, hash } = makeToken();
  const session = await tx
    .insertInto('sessions')
    .values({
      id: uuidv7(),
      user_id: user.id,
      token_hash: hash,
      expires_at: inSeconds(SESSION_SECONDS),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx
    .deleteFrom('sessions')
    .where('user_id', '=', user.id)
    .where('id', 'not in', (of) =>
      of
        .selectFrom('sessions as newest')
        .select('newest.id')
        .where('newest.user_id', '=', user.id)
        .orderBy('newest.created_at', 'desc')
        .orderBy('newest.id', 'desc')
        .limit(MAX_SESSIONS),
    )
    .execute();
  await tx.updateTable('users').set({ last_sign_in_at: databaseNow }).where('id', '=', user.id).execute();
  const actor = `user:${user.id}`;
  await appendAudit(tx, { ...by, actor, action: 'session.opened', target: session.id, result: 'ok' });
  return { session, token: raw };
}

export interface SessionCaller {
  session: Session;
  user: User;
  account: Account;
}

/** A session that was found by its cookie. */
interface FoundSession extends SessionCaller {
  /** Whether its use was recorded less than a minute ago. */
  isNoted: boolean;
}

/** Finds the session of a cookie, with its person and account. Returns undefined if the session has ended or the person is disabled. */
export async function findSession(db: Db, token: string): Promise<FoundSession | undefined> {
  const hash = hashToken(token);
  if (!hash) return undefined;
  const found = await db
    .selectFrom('sessions')
    .selectAll()
    .select(sql<boolean>`last_used_at >= ${secondsAgo(60)}`.as('is_noted'))
    .where('token_hash', '=', hash)
    .where((row) => isOpen(row))
    .executeTakeFirst();
  if (!found) return undefined;
  const { is_noted: isNoted, ...session } = found;
  const user = await db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', session.user_id)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  if (!user) return undefined;
  const account = await db
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', user.account_id)
    .executeTakeFirstOrThrow();
  return { session, user, account, isNoted };
}

/** Returns the ids of the sessions that are still open, and whose people and accounts are not disabled. */
export async function openSessions(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .innerJoin('accounts', 'accounts.id', 'users.account_id')
    .select('sessions.id')
    .where('sessions.id', 'in', ids)
    .where('users.disabled_at', 'is', null)
    .where('accounts.disabled_at', 'is', null)
    .where((row) => isOpen(row))
    .execute();
  return rows.map(({ id }) => id);
}

/** Records the use of a session, at most once a minute. */
export async function touchSession(db: Db, { session: { id }, isNoted }: FoundSession): Promise<void> {
  if (isNoted) return;
  await db.updateTable('sessions').set({ last_used_at: databaseNow }).where('id', '=', id).execute();
}

export async function endSession(tx: Tx, session: Session, by: Actor): Promise<void> {
  await tx.deleteFrom('sessions').where('id', '=', session.id).execute();
  await appendAudit(tx, { ...by, action: 'session.ended', target: session.id, result: 'ok' });
}

function isOpen(row: ExpressionBuilder<Tables, 'sessions'>): Expression<SqlBool> {
  const idle = secondsAgo(IDLE_SECONDS);
  return row.and([row('sessions.expires_at', '>', databaseNow), row('sessions.last_used_at', '>', idle)]);
}

import type { Selectable } from 'kysely';
import type { Db, Tx } from '../database/pool.ts';
import type { AccountsTable } from '../database/tables.ts';
import { uuidv7 } from '../ids/uuid.ts';
import { appendAudit } from './audit.ts';

export type Account = Selectable<AccountsTable>;

export const DEFAULT_ACCOUNT = 'default';

/** The account of that name; made when there is none. */
export async function ensureAccount(tx: Tx, name: string, actor: string): Promise<Account> {
  const made = await tx
    .insertInto('accounts')
    .values({ id: uuidv7(), name })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (made) {
    await appendAudit(tx, { actor, action: 'account.created', target: made.id, result: 'ok' });
    return made;
  }
  return tx.selectFrom('accounts').selectAll().where('name', '=', name).executeTakeFirstOrThrow();
}

export async function getAccount(db: Db, id: string): Promise<Account | undefined> {
  return db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Seconds that things of this account live: its own setting can only shorten the server's. */
export function accountRetention(account: Pick<Account, 'retention_seconds'>, serverSeconds: number): number {
  return Math.min(account.retention_seconds ?? serverSeconds, serverSeconds);
}

/**
 * Others of the account wait until the transaction ends. Not FOR UPDATE: that would also hold up everything that only
 * refers to the account (foreign keys).
 */
export async function lockAccount(tx: Tx, id: string): Promise<void> {
  await tx.selectFrom('accounts').select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

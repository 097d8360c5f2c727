import type { Selectable } from 'kysely';
import { uuidv7 } from '../crypto/uuid.ts';
import { compileOnce } from '../database/compile-once.ts';
import { ACCOUNT_COLUMNS } from '../database/every-column.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { AccountsTable } from '../database/tables.ts';
import { appendAudit } from './audit.ts';

export type Account = Selectable<AccountsTable>;

export const DEFAULT_ACCOUNT = 'default';

/** Returns the account with this name, and creates it if it doesn't exist. */
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
  return db.selectFrom('accounts').select(ACCOUNT_COLUMNS).where('id', '=', id).executeTakeFirst();
}

/**
 * Returns the retention of an account's uploads and outputs in seconds. The account's own setting can only shorten the server's retention.
 */
export function accountRetention(account: Pick<Account, 'retention_seconds'>, serverSeconds: number): number {
  return Math.min(account.retention_seconds ?? serverSeconds, serverSeconds);
}

/**
 * Locks the account's row until the transaction ends, and returns it. Uses FOR NO KEY UPDATE, because FOR UPDATE would also block inserts
 * of rows that refer to the account by a foreign key.
 */
export async function lockAccount(tx: Tx, id: string): Promise<Account | undefined> {
  const [account] = await selectLocked(tx, { id });
  return account;
}

const selectLocked = compileOnce((db, { id }: Pick<Account, 'id'>) =>
  db.selectFrom('accounts').select(ACCOUNT_COLUMNS).where('id', '=', id).forNoKeyUpdate(),
);

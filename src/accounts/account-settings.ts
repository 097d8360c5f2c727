import { sql } from 'kysely';
import {
  type AccountChanges,
  type AccountUsage,
  type AccountView,
  NUMBER_SETTINGS,
  type NumberSettingName,
  numberFault,
} from '../contract/account-settings.ts';
import { ApiError } from '../contract/errors.ts';
import { databaseNow } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import { type Account, ensureAccount, getAccount } from './accounts.ts';
import { appendAudit } from './audit.ts';
import { countLiveKeys } from './key-life.ts';
import { cutPage, type ListCursors } from './list-cursor.ts';
import { countUploads, readStoredBytes } from './stored-bytes.ts';
import { usedMinutes } from './usage.ts';

const NUMBERS = Object.keys(NUMBER_SETTINGS) as NumberSettingName[];

/** Returns all accounts, ordered by name. */
export async function listAccounts(db: Db): Promise<Account[]> {
  return db.selectFrom('accounts').selectAll().orderBy('name').execute();
}

/** Returns a page of accounts, ordered by name. */
export async function pageOfAccounts(
  db: Db,
  cursors: ListCursors,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ rows: Account[]; next: string | null }> {
  const start = cursors.parse(after);
  let page = db.selectFrom('accounts').selectAll().orderBy('name');
  if (start) page = page.where('name', '>', start.key);
  return cutPage(cursors, await page.limit(limit + 1).execute(), limit, ({ name, id }) => ({ key: name, id }));
}

/** Finds an account by its name. Returns undefined if no account has this name. */
export async function findAccount(db: Db, name: string): Promise<Account | undefined> {
  return db.selectFrom('accounts').selectAll().where('name', '=', name).executeTakeFirst();
}

/** Creates an account. Returns null if the name is taken. */
export async function createAccount(tx: Tx, name: string, actor: string): Promise<Account | null> {
  if (await findAccount(tx, name)) return null;
  return ensureAccount(tx, name, actor);
}

/**
 * Changes the settings of an account. The settings apply to the next request of the account and to its next job that starts, because API
 * and worker read the account each time. Returns null if there is no such account. Throws `invalid_request` with the name of a setting that
 * is out of range.
 */
export async function changeAccount(
  tx: Tx,
  which: { name: string } | { id: string },
  changes: AccountChanges,
  actor: string,
): Promise<Account | null> {
  for (const setting of NUMBERS) {
    const reason = changes[setting] == null ? null : numberFault(setting, changes[setting]);
    if (reason) throw new ApiError('invalid_request', { field: setting, reason, remedy: 'Use another number' });
  }
  const account = 'id' in which ? await getAccount(tx, which.id) : await findAccount(tx, which.name);
  if (!account) return null;
  const { id, disabled_at } = account;
  const { disabled, disarm, ...numbers } = changes;
  const changed = await tx
    .updateTable('accounts')
    .set({
      // Null restores the default of the column. Most defaults are null.
      ...Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, value ?? sql`DEFAULT`])),
      ...(disarm !== undefined && { disarm }),
      ...(disabled !== undefined && { disabled_at: disabled ? (disabled_at ?? databaseNow) : null }),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await appendAudit(tx, { actor, action: 'account.changed', target: id, result: 'ok', details: { ...changes } });
  return changed;
}

/** The status of a job that is not final, or `awaiting` for a job that no worker can start yet. */
const awaitedStatus = sql<string>`CASE WHEN status = 'pending' AND awaiting IS NOT NULL THEN 'awaiting' ELSE status END`;

export async function accountUsage(db: Db, account: Account): Promise<AccountUsage> {
  const jobs = await db
    .selectFrom('jobs')
    .select((select) => [awaitedStatus.as('state'), select.fn.countAll<number>().as('jobs')])
    .where('account_id', '=', account.id)
    .where('status', 'in', ['pending', 'processing'])
    .where('resource_class', '!=', 'interactive')
    .groupBy('state')
    .execute();
  const count = (state: string) => jobs.find((row) => row.state === state)?.jobs ?? 0;
  return {
    keys: await countLiveKeys(db, account.id),
    waiting: count('pending'),
    awaiting: count('awaiting'),
    running: count('processing'),
    minutes: await usedMinutes(db, account.id),
    stored_bytes: await readStoredBytes(db, account.id),
    open_uploads: await countUploads(db, account.id, 'pending'),
  };
}

export function viewAccount(account: Account): AccountView {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, account[name]]));
  return {
    id: account.id,
    name: account.name,
    created_at: account.created_at.toISOString(),
    disabled_at: account.disabled_at?.toISOString() ?? null,
    ...(numbers as Record<NumberSettingName, number | null>),
    disarm: account.disarm,
  };
}

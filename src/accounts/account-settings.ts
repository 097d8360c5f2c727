import { sql } from 'kysely';
import {
  type AccountChanges,
  type AccountUsage,
  type AccountView,
  NUMBER_SETTINGS,
  type NumberSettingName,
  refusedNumber,
} from '../contract/account-settings.ts';
import { accountName } from '../contract/accounts.ts';
import { ApiError } from '../contract/errors.ts';
import type { Db, Tx } from '../database/pool.ts';
import { type Account, ensureAccount } from './accounts.ts';
import { appendAudit } from './audit.ts';
import { countLiveKeys } from './key-life.ts';
import { heldBytes, openUploads } from './stored-bytes.ts';
import { monthOf, usedMinutes } from './usage.ts';

const NUMBERS = Object.keys(NUMBER_SETTINGS) as NumberSettingName[];
const SHOW_ALL = './airlock accounts list shows them';

/** By name. */
export async function listAccounts(db: Db): Promise<Account[]> {
  return db.selectFrom('accounts').selectAll().orderBy('name').execute();
}

/** Throws `not_found` in words of the command line. */
export async function accountNamed(db: Db, name: string): Promise<Account> {
  const account = await db.selectFrom('accounts').selectAll().where('name', '=', name).executeTakeFirst();
  if (!account) throw new ApiError('not_found', { reason: 'No account has that name', remedy: SHOW_ALL });
  return account;
}

/** Throws `invalid_request` when the name is taken or cannot be one. */
export async function createAccount(tx: Tx, name: string, actor: string): Promise<Account> {
  const checked = checkAccountName(name);
  const taken = await tx.selectFrom('accounts').select('id').where('name', '=', checked).executeTakeFirst();
  if (taken) {
    const details = { field: 'name', reason: 'belongs to an account already', remedy: `Choose another; ${SHOW_ALL}` };
    throw new ApiError('invalid_request', details);
  }
  return ensureAccount(tx, checked, actor);
}

export function checkAccountName(name: string): string {
  const { success, data, error } = accountName.safeParse(name);
  if (success) return data;
  throw new ApiError('invalid_request', {
    field: 'name',
    reason: error.issues[0]!.message,
    remedy: 'Choose another name',
  });
}

/**
 * Changes settings of an account. They hold for its next request and for the next job that starts: API and worker ask
 * for the account each time. Throws `invalid_request` that names the setting, and changes nothing then.
 */
export async function changeAccount(tx: Tx, name: string, changes: AccountChanges, actor: string): Promise<Account> {
  for (const setting of NUMBERS) {
    const reason = changes[setting] == null ? null : refusedNumber(setting, changes[setting]);
    if (reason) throw new ApiError('invalid_request', { field: setting, reason, remedy: 'Give another number' });
  }
  const { id, disabled_at } = await accountNamed(tx, name);
  const { disabled, disarm, ...numbers } = changes;
  const changed = await tx
    .updateTable('accounts')
    .set({
      // What is taken back gets the column's own default, which for most is null.
      ...Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, value ?? sql`DEFAULT`])),
      ...(disarm !== undefined && { disarm }),
      ...(disabled !== undefined && { disabled_at: disabled ? (disabled_at ?? new Date()) : null }),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await appendAudit(tx, { actor, action: 'account.changed', target: id, result: 'ok', details: { ...changes } });
  return changed;
}

export async function accountUsage(db: Db, account: Account, now = new Date()): Promise<AccountUsage> {
  const jobs = await db
    .selectFrom('jobs')
    .select((select) => ['status', select.fn.countAll<number>().as('jobs')])
    .where('account_id', '=', account.id)
    .where('status', 'in', ['pending', 'processing'])
    .where('resource_class', '!=', 'interactive')
    .groupBy('status')
    .execute();
  const count = (status: string) => jobs.find((row) => row.status === status)?.jobs ?? 0;
  return {
    keys: await countLiveKeys(db, account.id, now),
    waiting: count('pending'),
    running: count('processing'),
    minutes: await usedMinutes(db, account.id, monthOf(now)),
    stored_bytes: await heldBytes(db, account.id),
    open_uploads: await openUploads(db, account.id),
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

import type { Expression, ExpressionBuilder, Selectable, SqlBool } from 'kysely';
import type { Db } from '../database/pool.ts';
import type { ApiKeysTable, Tables } from '../database/tables.ts';

/** The columns of a key without its origin, and without columns that only the refresh of an OAuth token needs. */
export type ApiKey = Omit<
  Selectable<ApiKeysTable>,
  'origin' | 'oauth_user_id' | 'family_hash' | 'refresh_hash' | 'refresh_expires_at'
>;

/** Whether a key is active: not revoked, not expired, and not past the overlap of its rotation. */
export function isAlive(key: Pick<ApiKey, 'revoked_at' | 'expires_at' | 'dies_at'>, now = Date.now()): boolean {
  const over = (at: Date | null) => at !== null && at.getTime() <= now;
  return key.revoked_at === null && !over(key.expires_at) && !over(key.dies_at);
}

/** Condition on a row of `api_keys` that corresponds to `isAlive`. */
export function isAliveRow(row: ExpressionBuilder<Tables, 'api_keys'>, now: Date): Expression<SqlBool> {
  const ahead = (column: 'expires_at' | 'dies_at') => row.or([row(column, 'is', null), row(column, '>', now)]);
  return row.and([row('revoked_at', 'is', null), ahead('expires_at'), ahead('dies_at')]);
}

/** Condition on a row of `api_keys`: lists show the key. Lists hide the keys of local commands that have ended. */
export function isListedRow(row: ExpressionBuilder<Tables, 'api_keys'>, now: Date): Expression<SqlBool> {
  return row.or([row('origin', '!=', 'command'), isAliveRow(row, now)]);
}

/** Counts the active keys of an account. Keys of local commands do not count, because they end with the command. */
export async function countLiveKeys(db: Db, accountId: string, now: Date): Promise<number> {
  const { live } = await db
    .selectFrom('api_keys')
    .select((select) => select.fn.countAll<number>().as('live'))
    .where('account_id', '=', accountId)
    .where('origin', '!=', 'command')
    .where((row) => isAliveRow(row, now))
    .executeTakeFirstOrThrow();
  return live;
}

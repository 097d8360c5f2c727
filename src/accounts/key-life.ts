import type { AliasedExpression, Expression, ExpressionBuilder, Selectable, SqlBool } from 'kysely';
import { databaseNow } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import type { ApiKeysTable, Tables } from '../database/tables.ts';

/** The columns of a key without its origin, and without columns that only the refresh of an OAuth token needs. */
export type ApiKey = Omit<
  Selectable<ApiKeysTable>,
  'origin' | 'oauth_user_id' | 'family_hash' | 'refresh_hash' | 'refresh_expires_at'
>;

/** A key, and whether it was active when its row was read. */
export type JudgedKey = ApiKey & { is_alive: boolean };

/** Condition on a row of `api_keys`: the key is active, so it is not revoked, not expired, and not past the overlap of its rotation. */
export function isAliveRow(row: ExpressionBuilder<Tables, 'api_keys'>): Expression<SqlBool> {
  const ahead = (column: 'expires_at' | 'dies_at') => row.or([row(column, 'is', null), row(column, '>', databaseNow)]);
  return row.and([row('revoked_at', 'is', null), ahead('expires_at'), ahead('dies_at')]);
}

/** Selects `JudgedKey.is_alive`. */
export function selectAlive(row: ExpressionBuilder<Tables, 'api_keys'>): AliasedExpression<boolean, 'is_alive'> {
  return row
    .and([isAliveRow(row)])
    .$castTo<boolean>()
    .as('is_alive');
}

/** Condition on a row of `api_keys`: lists show the key. Lists hide the keys of local commands that have ended. */
export function isListedRow(row: ExpressionBuilder<Tables, 'api_keys'>): Expression<SqlBool> {
  return row.or([row('origin', '!=', 'command'), isAliveRow(row)]);
}

/** Counts the active keys of an account. Keys of local commands do not count, because they end with the command. */
export async function countLiveKeys(db: Db, accountId: string): Promise<number> {
  const { live } = await db
    .selectFrom('api_keys')
    .select((select) => select.fn.countAll<number>().as('live'))
    .where('account_id', '=', accountId)
    .where('origin', '!=', 'command')
    .where(isAliveRow)
    .executeTakeFirstOrThrow();
  return live;
}

import type { SealedColumn, Vault } from '../crypto/vault.ts';
import type { Tables } from './tables.ts';

/** The names of sealed columns end with `_sealed`, and every column with such a name is sealed. */
type SealedColumnOf<T extends keyof Tables> = Extract<keyof Tables[T], `${string}_sealed`>;
type SealedTable = { [T in keyof Tables]: SealedColumnOf<T> extends never ? never : T }[keyof Tables];

/**
 * The columns that identify a row of each table with sealed columns. The type requires every such table. All of these columns are known
 * before the row is written. The account is always one of them, so that a row that was moved to another account cannot be read there.
 */
const ROW_KEYS = {
  jobs: ['account_id', 'id'],
  job_sources: ['account_id', 'job_id', 'position'],
  job_outputs: ['account_id', 'id'],
  attempts: ['account_id', 'id'],
  batches: ['account_id', 'id'],
  uploads: ['account_id', 'id'],
  webhooks: ['account_id', 'id'],
  webhook_secrets: ['account_id'],
  template_versions: ['account_id', 'template_id', 'version'],
  connections: ['account_id', 'id'],
  idempotency_keys: ['account_id', 'route', 'key'],
} as const satisfies Record<SealedTable, readonly string[]>;

/** The row to which a value belongs. Tables without an account column use the account of their job. */
export type RowOf<T extends SealedTable> = { readonly [K in (typeof ROW_KEYS)[T][number]]: string | number };

/** Seals a text for one column of one row. The sealed value cannot be opened for another column or row. */
export function sealColumn<T extends SealedTable>(
  vault: Vault,
  table: T,
  column: SealedColumnOf<T>,
  row: RowOf<T>,
  text: string,
): Buffer {
  return vault.seal(locate(table, column, row), text);
}

/**
 * Opens the text of a column, which must be read from the row for which it was sealed. Returns null if the column is null. Throws
 * `SealedValueError`.
 */
export function openColumn<T extends SealedTable, C extends SealedColumnOf<T>>(
  vault: Vault,
  table: T,
  column: C,
  row: RowOf<T> & { readonly [K in C]: Buffer | null },
): string | null {
  const values: { readonly [K in C]: Buffer | null } = row;
  const sealed = values[column];
  return sealed && vault.open(locate(table, column, row), sealed);
}

function locate<T extends SealedTable>(table: T, column: string, row: RowOf<T>): SealedColumn {
  const keys: readonly (keyof RowOf<T>)[] = ROW_KEYS[table];
  return { table, column, row: keys.map((key) => String(row[key])) };
}

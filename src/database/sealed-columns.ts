import type { SealedColumn, Vault } from '../crypto/vault.ts';
import type { Tables } from './tables.ts';

/** A sealed column keeps this name, and a column of this name is sealed. */
type SealedColumnOf<T extends keyof Tables> = Extract<keyof Tables[T], `${string}_sealed`>;
type SealedTable = { [T in keyof Tables]: SealedColumnOf<T> extends never ? never : T }[keyof Tables];

/**
 * What identifies a row of each table with sealed columns; complete by its type. All of it is known before the row is written.
 * The account is always part of it, so that a row moved to another account cannot be read there.
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

/** The row that a value belongs to. Tables without an account column take the account of their job. */
export type RowOf<T extends SealedTable> = { readonly [K in (typeof ROW_KEYS)[T][number]]: string | number };

/** Seals a text for one column of one row; it opens nowhere else. */
export function sealColumn<T extends SealedTable>(
  vault: Vault,
  table: T,
  column: SealedColumnOf<T>,
  row: RowOf<T>,
  text: string,
): Buffer {
  return vault.seal(locate(table, column, row), text);
}

/** The text of a column, read from the row that it was sealed for; null when there is none. Throws `SealedValueError`. */
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

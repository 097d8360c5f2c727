import type { Vault } from '../crypto/vault.ts';
import type { ObjectStore } from '../storage/types.ts';
import type { Database } from './pool.ts';
import type { RowGuard } from './row-guard.ts';

/** The context of all functions that use rows and bytes. Created once per process. */
export interface Context {
  db: Database;
  store: ObjectStore;
  vault: Vault;
  /** Isolates the rows of loops over many rows, so that a row that fails blocks no other row. */
  rows: RowGuard;
  /** Seconds after which outputs expire, and uploads after their last use, unless the account sets a shorter time. */
  retentionSeconds: number;
}

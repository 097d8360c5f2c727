import type { Vault } from '../crypto/vault.ts';
import type { ObjectStore } from '../storage/types.ts';
import type { Database } from './pool.ts';
import type { RowGuard } from './row-guard.ts';

/** What every function over rows and bytes works with; made once per process. */
export interface Context {
  db: Database;
  store: ObjectStore;
  vault: Vault;
  /** Isolates the rows of loops over many of them. */
  rows: RowGuard;
  /** Seconds that outputs, and uploads after their last use, live unless the account sets less. */
  retentionSeconds: number;
}

import type { Vault } from '../ids/vault.ts';
import type { ObjectStore } from '../storage/types.ts';
import type { Database } from './pool.ts';

/** What every function over rows and bytes works with; made once per process. */
export interface Context {
  db: Database;
  store: ObjectStore;
  vault: Vault;
  /** Seconds that outputs, and uploads after their last use, live unless the account says less. */
  retentionSeconds: number;
}

import type { Database } from '../database/pool.ts';
import type { Vault } from '../ids/vault.ts';
import type { Queue } from '../queue/queue.ts';
import type { ObjectStore } from '../storage/types.ts';

/** What the functions of this folder work with; made once a process. */
export interface Context {
  db: Database;
  queue: Queue;
  store: ObjectStore;
  vault: Vault;
  /** Seconds that outputs, and uploads after their last use, live unless the account says less. */
  retentionSeconds: number;
}

/** Seconds that an upload may stay unconfirmed (contract C). */
export const UNCONFIRMED_SECONDS = 3600;

/** Attempts at one job, all causes together. */
export const MAX_ATTEMPTS = 3;

/** Seconds without a heartbeat after which an attempt counts as lost (design 5.4). */
export const LOST_SECONDS = 30;

/** Seconds between two heartbeats of a worker (design 5.4). */
export const HEARTBEAT_SECONDS = 10;

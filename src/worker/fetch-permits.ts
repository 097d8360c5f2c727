import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import type { ResourceClass } from '../database/tables.ts';
import { FairPool } from '../pools/fair-pool.ts';
import type { PoolShape } from '../pools/share.ts';

/**
 * Concurrent fetches of a worker, counted separately for light and heavy jobs. A slow source costs a socket and the space for the bytes
 * that it has sent.
 */
export const FETCH_POOL: PoolShape = { places: 256, share: 8, reserved: 64 };
/** Concurrent probes of remote files, which end after 20 seconds. */
export const PROBE_POOL: PoolShape = { places: 128, share: 4, reserved: 48 };
/** Number of fetches that accounts may start in addition to their first fetch, even on a full disk. */
const LEAST_BY_DISK = 4;

/**
 * Limits how many jobs of this worker fetch concurrently. A job keeps its permit from its claim until its sources are
 * staged and it has a slot.
 */
export interface FetchPermits {
  /** Measures the free space of the disk; call it before each `isFree`. */
  measure(): Promise<void>;
  isFree(resourceClass: ResourceClass, accountId: string): boolean;
  /** Acquires a permit. The returned function releases it; further calls do nothing. */
  acquire(resourceClass: ResourceClass, accountId: string): () => void;
  /** Permits that are in use. */
  count(resourceClass: ResourceClass): number;
}

/**
 * @param options.slots number of slots of the worker
 * @param options.freeBytes free bytes, above the reserve, of the disk that sources are fetched to
 */
export function createFetchPermits(options: { slots: number; freeBytes: () => Promise<number> }): FetchPermits {
  const { slots, freeBytes } = options;
  const pools: Record<ResourceClass, FairPool> = {
    interactive: new FairPool(PROBE_POOL),
    light: new FairPool(FETCH_POOL),
    heavy: new FairPool(FETCH_POOL),
  };
  let byDisk = LEAST_BY_DISK;

  /**
   * An account may start a further fetch only if the disk has space for the largest source of each fetch. The account's first fetch always
   * starts: the disk budget stops the largest attempt before the disk is full.
   */
  function hasDisk(accountId: string): boolean {
    const { light, heavy } = pools;
    return light.heldBy(accountId) + heavy.heldBy(accountId) === 0 || light.taken + heavy.taken < byDisk;
  }

  return {
    async measure() {
      byDisk = Math.max(LEAST_BY_DISK, slots, Math.floor((await freeBytes()) / MAX_UPLOAD_BYTES));
    },
    isFree(resourceClass, accountId) {
      return pools[resourceClass].hasPlace(accountId) && (resourceClass === 'interactive' || hasDisk(accountId));
    },
    acquire: (resourceClass, accountId) => pools[resourceClass].take(accountId),
    count: (resourceClass) => pools[resourceClass].taken,
  };
}

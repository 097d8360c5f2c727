import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import type { ResourceClass } from '../database/tables.ts';
import { FairPool } from '../pools/fair-pool.ts';
import type { PoolShape } from '../pools/share.ts';

/**
 * How accounts share the concurrent fetches of a worker. Light and heavy jobs have separate pools. A slow source costs a socket and the
 * space for the bytes that it has sent.
 */
export const FETCH_POOL: PoolShape = { places: 256, share: 8, reserved: 64 };
/** How accounts share the concurrent probes of remote files. A probe ends after 20 seconds. */
export const PROBE_POOL: PoolShape = { places: 128, share: 4, reserved: 48 };
/** Number of concurrent fetches below which an account may start another fetch even if the disk is full. */
const LEAST_BY_DISK = 4;

/**
 * Limits how many jobs of this worker fetch concurrently. A job keeps its permit from its claim until its sources are
 * staged and it has a slot.
 */
export interface FetchPermits {
  /** Measures the free space of the disk. Call this before each `isFree`. */
  measure(): Promise<void>;
  isFree(resourceClass: ResourceClass, accountId: string): boolean;
  /** Acquires a permit, and returns the function that releases it. Further calls of this function do nothing. */
  acquire(resourceClass: ResourceClass, accountId: string): () => void;
  /** Returns the number of permits that are in use. */
  count(resourceClass: ResourceClass): number;
}

/**
 * @param options.slots number of slots of the worker
 * @param options.freeBytes returns the free bytes beyond the reserve on the disk that sources are fetched to
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
   * Whether the account may start another fetch. Its first fetch always starts: the disk budget stops the largest attempt before the disk
   * is full. A further fetch starts only while fewer fetches run than maximum-size sources fit on the disk, or while few fetches run.
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

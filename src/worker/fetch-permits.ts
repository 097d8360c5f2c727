import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { SlotClasses } from './deps.ts';

/** Minimum of concurrent fetches of a resource class: a slow source costs a socket and some disk, but no processor. */
const PERMITS = 8;
/** Lets every slot of a large machine fetch for a single account. */
const PERMITS_PER_SLOT = 2;
/** Concurrent fetches that are allowed even on a full disk: fewer would let one account block all others. */
const LEAST_BY_DISK = 4;

/**
 * Limits how many jobs of this worker fetch concurrently. A job keeps its permit from its claim until its sources are
 * staged and it has a slot. An account may acquire another permit only while it has fewer permits than are free. A
 * single account gets half of them, a second account half of the rest, and so on, so that the next account still finds
 * a permit.
 */
export interface FetchPermits {
  /** Measures the free space of the disk; call it before each `isFree`. */
  measure(): Promise<void>;
  isFree(resourceClass: ResourceClass, accountId: string): boolean;
  /** Acquires a permit. The returned function releases it; further calls do nothing. */
  acquire(resourceClass: ResourceClass, accountId: string): () => void;
}

export function createFetchPermits(options: {
  slots: readonly SlotClasses[];
  /** Free bytes, above the reserve, of the disk that sources are fetched to. */
  freeBytes: () => Promise<number>;
}): FetchPermits {
  const { slots, freeBytes } = options;
  const acquired: { resourceClass: ResourceClass; accountId: string }[] = [];
  let byDisk = LEAST_BY_DISK;
  const permitsOf = (resourceClass: ResourceClass) =>
    Math.max(PERMITS, PERMITS_PER_SLOT * slots.filter((classes) => classes.includes(resourceClass)).length);
  const mayAdd = (permits: number, granted: typeof acquired, accountId: string) =>
    granted.filter((permit) => permit.accountId === accountId).length < permits - granted.length;

  return {
    async measure() {
      // Each fetch may grow to the largest source that is allowed.
      byDisk = Math.max(LEAST_BY_DISK, slots.length, Math.floor((await freeBytes()) / MAX_UPLOAD_BYTES));
    },
    isFree(resourceClass, accountId) {
      const ofClass = acquired.filter((permit) => permit.resourceClass === resourceClass);
      return mayAdd(permitsOf(resourceClass), ofClass, accountId) && mayAdd(byDisk, acquired, accountId);
    },
    acquire(resourceClass, accountId) {
      const permit = { resourceClass, accountId };
      acquired.push(permit);
      return () => {
        const index = acquired.indexOf(permit);
        if (index >= 0) acquired.splice(index, 1);
      };
    },
  };
}

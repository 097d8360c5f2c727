import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { SlotClasses } from './deps.ts';

/** Fetches of a class at once, at least: a source that trickles costs a socket and some disk, no processor. */
const PERMITS = 8;
/** So that every slot of a large machine can be fetching for one account that is alone. */
const PERMITS_PER_SLOT = 2;
/** Fetches at once that are allowed however full the disk is: fewer would let one account keep the others out. */
const LEAST_BY_DISK = 4;

/**
 * How many jobs of this worker may be fetching, and whose. A job holds its permit from its claim until its sources are
 * staged and it has a slot. An account may take another permit only while it holds fewer than are free: alone it gets
 * half of them, a second account half of the rest, and so on, so that the next account still finds one.
 */
export interface FetchPermits {
  /** Measures how much room the disk has left; before each `isFree`. */
  measure(): Promise<void>;
  isFree(resourceClass: ResourceClass, accountId: string): boolean;
  /** Takes a permit; the function it returns gives it back, once. */
  take(resourceClass: ResourceClass, accountId: string): () => void;
}

export function createFetchPermits(options: {
  slots: readonly SlotClasses[];
  /** Free bytes, above the reserve, of the disk that sources are fetched to. */
  freeBytes: () => Promise<number>;
}): FetchPermits {
  const { slots, freeBytes } = options;
  const held: { resourceClass: ResourceClass; accountId: string }[] = [];
  let byDisk = LEAST_BY_DISK;
  const permitsOf = (resourceClass: ResourceClass) =>
    Math.max(PERMITS, PERMITS_PER_SLOT * slots.filter((classes) => classes.includes(resourceClass)).length);
  const mayAdd = (permits: number, taken: typeof held, accountId: string) =>
    taken.filter((permit) => permit.accountId === accountId).length < permits - taken.length;

  return {
    async measure() {
      // Each that is under way may still grow to the largest source there is.
      byDisk = Math.max(LEAST_BY_DISK, slots.length, Math.floor((await freeBytes()) / MAX_UPLOAD_BYTES));
    },
    isFree(resourceClass, accountId) {
      const ofClass = held.filter((permit) => permit.resourceClass === resourceClass);
      return mayAdd(permitsOf(resourceClass), ofClass, accountId) && mayAdd(byDisk, held, accountId);
    },
    take(resourceClass, accountId) {
      const permit = { resourceClass, accountId };
      held.push(permit);
      return () => {
        const index = held.indexOf(permit);
        if (index >= 0) held.splice(index, 1);
      };
    },
  };
}

import type { ResourceClass } from '../database/tables.ts';
import { type ClaimOptions, claimJob } from '../jobs/claim.ts';
import type { WorkerDeps } from './deps.ts';
import type { FetchPermits } from './fetch-permits.ts';
import { sequential } from './sequential.ts';
import type { SlotLeases } from './slot-leases.ts';

/** Does one piece of work in a slot. Resolves to false when there is none. */
export type Take = () => Promise<boolean>;

export interface WorkSource {
  /** Creates the function by which a slot takes work of these classes. */
  ofSlot(classes: readonly ResourceClass[], slot: number): Take;
  /** Resolves when every claim that has begun has ended. No claim begins while `isAway`. */
  settled(): Promise<void>;
}

/**
 * Creates the functions by which slots take work: a job that waits for a slot after its fetch, or the next job of the
 * queue. While `isAway`, the worker claims nothing: the storage does not answer, an operator drains the worker, or it
 * stops.
 */
export function createWorkSource(
  { context, isAway }: Pick<WorkerDeps, 'context'> & { isAway: () => boolean },
  worker: ClaimOptions['worker'],
  permits: FetchPermits,
  leases: SlotLeases,
): WorkSource {
  // One claim at a time in this worker, so that each sees the permits that earlier claims took.
  const oneByOne = sequential();

  async function claim(resourceClass: ResourceClass, slot: number): Promise<boolean> {
    if (isAway()) return false;
    const started = await oneByOne(async () => {
      await permits.measure();
      // The worker may have begun to stop while this claim waited. A claim could then return a job that it releases.
      if (isAway()) return null;
      const mayFetch = (accountId: string) => permits.isFree(resourceClass, accountId);
      const claimed = await claimJob(context, resourceClass, { worker, mayFetch });
      // Wrapped in an object: a returned promise would be awaited before the next claim starts.
      return claimed && { slotIsFree: leases.start(claimed, slot) };
    });
    await started?.slotIsFree;
    return started !== null;
  }

  async function resume(resourceClass: ResourceClass, slot: number): Promise<boolean> {
    const slotIsFree = leases.resume(resourceClass, slot);
    await slotIsFree;
    return slotIsFree !== null;
  }

  return {
    settled: () => oneByOne(async () => {}),
    ofSlot(classes, slot) {
      // Alternate, so that neither jobs that have fetched nor jobs in the queue starve.
      let order = [resume, claim];
      return async () => {
        for (const resourceClass of classes) {
          for (const take of order) {
            if (!(await take(resourceClass, slot))) continue;
            order = take === resume ? [claim, resume] : [resume, claim];
            return true;
          }
        }
        return false;
      };
    },
  };
}

import type { ResourceClass } from '../database/tables.ts';
import { type ClaimOptions, claimJob } from '../jobs/claim.ts';
import type { WorkerDeps } from './deps.ts';
import type { FetchPermits } from './fetch-permits.ts';
import type { RunningAttempts } from './running-attempts.ts';
import { sequential } from './sequential.ts';
import type { SlotLeases } from './slot-leases.ts';

/** Maximum number of accounts whose turns this worker remembers. */
const MOST_SERVED = 64;

/** Does one piece of work of these classes in a slot. Resolves to false if there is no work. */
export type Work = (classes: readonly ResourceClass[]) => Promise<boolean>;

export interface WorkSource {
  /** Returns the function that does the next piece of work in a slot. */
  ofSlot(slot: number): Work;
  /** Resolves when every claim that has begun has ended. No claim begins unless `canClaim`. */
  settled(): Promise<void>;
}

/**
 * Creates the functions with which slots get work: a job that waits for a slot after its fetch, or the next job in the
 * queue. `canClaim` is false while storage is unreachable, and once the worker drains.
 */
export function createWorkSource(
  {
    context,
    canClaim,
    running,
  }: Pick<WorkerDeps, 'context'> & { canClaim: () => boolean; running: Pick<RunningAttempts, 'claiming'> },
  claimant: Pick<ClaimOptions, 'worker' | 'alongside'>,
  permits: FetchPermits,
  leases: Pick<SlotLeases, 'start' | 'resume' | 'isFull'>,
): WorkSource {
  // This worker sends one claim at a time, so that each claim sees the permits that earlier claims have acquired.
  const oneByOne = sequential();
  /** Accounts whose interactive jobs were started. The account of the latest job is last. */
  let served: string[] = [];

  async function claim(resourceClass: ResourceClass, slot: number): Promise<boolean> {
    if (!canClaim()) return false;
    const started = await oneByOne(async () => {
      await permits.measure();
      // The worker may have begun to stop while this claim waited. The claim could then return a job that the worker would have to release.
      if (!canClaim()) return null;
      const mayFetch = (accountId: string) =>
        permits.isFree(resourceClass, accountId) && !leases.isFull(resourceClass, accountId);
      return running.claiming(async (attemptId) => {
        const claimed = await claimJob(context, resourceClass, { ...claimant, attemptId, mayFetch, served });
        if (claimed && resourceClass === 'interactive') served = movedToEnd(served, claimed.job.account_id);
        // Wrapped in an object, because `sequential` would wait for a bare promise before it starts the next claim.
        return claimed && { slotIsFree: leases.start(claimed, slot) };
      });
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
    ofSlot(slot) {
      // Alternate between the two sources of work, so that neither fetched jobs nor queued jobs starve.
      let order = [resume, claim];
      return async (classes) => {
        for (const resourceClass of classes) {
          for (const start of order) {
            if (!(await start(resourceClass, slot))) continue;
            order = start === resume ? [claim, resume] : [resume, claim];
            return true;
          }
        }
        return false;
      };
    },
  };
}

function movedToEnd(accounts: readonly string[], account: string): string[] {
  return [...accounts.filter((other) => other !== account), account].slice(-MOST_SERVED);
}

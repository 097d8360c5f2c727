import type { SlotLease } from '../attempt/tools.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { Claim } from '../jobs/rows.ts';
import type { Logger } from '../telemetry/index.ts';
import type { FetchPermits } from './fetch-permits.ts';
import type { RunningAttempts, StopReason } from './running-attempts.ts';

/** Milliseconds for which a job keeps its slot while its sources are fetched. Most fetches are faster. */
const FETCH_MS = 2_000;
const DRAINING: StopReason = 'draining';

/**
 * Assigns the slots of this worker to jobs. A job whose fetch takes longer releases its slot and continues to fetch
 * without one. When its sources are staged, it waits for the next free slot of its class.
 */
export interface SlotLeases {
  /** Starts a claimed job in a slot. Resolves when the slot is free again; rejects when the work does. */
  start(claim: Claim, slot: number): Promise<void>;
  /** Leases the slot to a waiting job, and resolves when it is free again. Returns null when no job waits. */
  resume(resourceClass: ResourceClass, slot: number): Promise<void> | null;
  /** Stops jobs that fetch without a slot, now and from now on. Resolves when all work has ended. */
  drain(): Promise<void>;
}

interface Holder {
  claim: Claim;
  slot: number | null;
  stop: AbortController;
  ended: Promise<void>;
  /** Resolves the promise of the slot that the job holds. */
  free: () => void;
  /** Set while the job waits for a slot. */
  grant: ((slot: number) => void) | null;
}

export function createSlotLeases(options: {
  work: (claim: Claim, lease: SlotLease, signal: AbortSignal) => Promise<void>;
  running: RunningAttempts;
  permits: FetchPermits;
  /** Wakes the idle slots of a class. */
  wake: (resourceClass: ResourceClass) => void;
  logger: Logger;
  fetchMs?: number;
}): SlotLeases {
  const { work, running, permits, wake, logger, fetchMs = FETCH_MS } = options;
  const holders = new Set<Holder>();
  /** Jobs that wait for a slot, in the order in which their sources were staged. */
  const waiting: Holder[] = [];
  let draining = false;

  function waitForSlot(holder: Holder, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const index = waiting.indexOf(holder);
        if (index >= 0) waiting.splice(index, 1);
        holder.grant = null;
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', onAbort);
      holder.grant = (slot) => {
        leave();
        holder.slot = slot;
        resolve(slot);
      };
      waiting.push(holder);
      wake(holder.claim.job.resource_class);
    });
  }

  /** Returns the waiting job whose account holds the fewest slots of this worker; among equals the first. */
  function nextOf(resourceClass: ResourceClass): Holder | undefined {
    const slotsOf = ({ claim }: Holder) =>
      [...holders].filter((other) => other.slot !== null && other.claim.job.account_id === claim.job.account_id).length;
    return waiting
      .filter((holder) => holder.claim.job.resource_class === resourceClass)
      .reduce<Holder | undefined>((best, next) => (best && slotsOf(best) <= slotsOf(next) ? best : next), undefined);
  }

  function giveBack(holder: Holder): void {
    if (draining) holder.stop.abort(DRAINING);
    else {
      holder.slot = null;
      holder.free();
    }
  }

  /** Resolves when the job ends or gives its slot back. */
  function untilFree(holder: Holder): Promise<void> {
    const givenBack = new Promise<void>((resolve) => {
      holder.free = resolve;
    });
    return Promise.race([givenBack, holder.ended]);
  }

  return {
    start(claim, slot) {
      const { account_id: accountId, resource_class: resourceClass, fetches } = claim.job;
      const takePermit = () => (fetches ? permits.take(resourceClass, accountId) : () => {});
      let returnPermit = takePermit();
      const holder: Holder = {
        ...{ claim, slot, stop: new AbortController(), ended: Promise.resolve(), grant: null },
        free: () => {},
      };
      holders.add(holder);
      const timer = fetches ? setTimeout(() => giveBack(holder), fetchMs) : undefined;
      const keep = () => clearTimeout(timer);
      const lease: SlotLease = {
        async acquire(signal) {
          keep();
          const leased = holder.slot ?? (await waitForSlot(holder, signal));
          returnPermit();
          return leased;
        },
        giveBack() {
          returnPermit = takePermit();
          giveBack(holder);
        },
      };
      const signal = AbortSignal.any([running.add(claim), holder.stop.signal]);
      holder.ended = work(claim, lease, signal).finally(() => {
        keep();
        returnPermit();
        running.remove(claim);
        holders.delete(holder);
      });
      holder.ended.catch((error) => {
        // A job with a slot reports its error through the slot.
        if (holder.slot === null)
          logger.warn({ err: error, job: claim.job.id }, 'the end of a job without a slot was not recorded');
      });
      return untilFree(holder);
    },

    resume(resourceClass, slot) {
      const holder = nextOf(resourceClass);
      if (!holder?.grant) return null;
      holder.grant(slot);
      return untilFree(holder);
    },

    async drain() {
      draining = true;
      for (const { slot, stop } of holders) if (slot === null) stop.abort(DRAINING);
      await Promise.allSettled([...holders].map((holder) => holder.ended));
    },
  };
}

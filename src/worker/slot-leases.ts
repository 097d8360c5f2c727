import type { SlotLease } from '../attempt/tools.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { Claim } from '../jobs/rows.ts';
import type { Logger } from '../telemetry/index.ts';
import type { FetchPermits } from './fetch-permits.ts';
import type { RunningAttempts, StopReason } from './running-attempts.ts';
import type { SlotRoles } from './slot-roles.ts';

/**
 * Milliseconds for which a job keeps its slot while its sources are fetched. Fetches of small files finish earlier. A probe releases its
 * slot immediately, because few slots serve interactive jobs and most probes need no slot.
 */
const FETCH_MS = 300;
/**
 * Minimum number of an account's staged jobs that may wait for a slot of this worker. If the worker has more slots, as many jobs as it has
 * slots may wait. Further jobs would wait here while another worker has free slots.
 */
const LEAST_STAGED = 4;
const DRAINING: StopReason = 'draining';

export interface SlotLeaseOptions {
  work: (claim: Claim, lease: SlotLease, signal: AbortSignal) => Promise<void>;
  running: RunningAttempts;
  permits: FetchPermits;
  roles: Pick<SlotRoles, 'classesOf' | 'markBrief'>;
  /** Number of slots of the worker. */
  slots: number;
  /** Wakes an idle slot of a class. */
  wake: (resourceClass: ResourceClass) => void;
  logger: Logger;
  fetchMs?: number;
}

interface StartedJob {
  readonly claim: Claim;
  readonly stop: AbortController;
  /** Null while the job runs without a slot. */
  slot: number | null;
  /** Timer that ends the time for which the job may fetch in its slot. */
  fetchTimer: NodeJS.Timeout | undefined;
  returnPermit: () => void;
  ended: Promise<void>;
  /** Resolves the promise of the slot that the job uses. */
  freeSlot: () => void;
  /** Gives the job a slot. Set while the job waits for a slot. */
  grant: ((slot: number) => void) | null;
  /** Whether the job no longer needs a slot. */
  isLeaving: boolean;
}

/**
 * Assigns the slots of this worker to jobs. A job whose fetch exceeds `fetchMs` releases its slot and continues to fetch
 * without a slot. When its sources are staged, the job waits for the next free slot of its class.
 */
export class SlotLeases {
  readonly #options: SlotLeaseOptions;
  readonly #jobs = new Set<StartedJob>();
  /** Jobs that wait for a slot, in the order in which their sources were staged. */
  readonly #waiting: StartedJob[] = [];
  #draining = false;

  constructor(options: SlotLeaseOptions) {
    this.#options = options;
  }

  /** Starts a claimed job in a slot. Resolves when the slot is free again. Rejects if the work fails before that. */
  start(claim: Claim, slot: number): Promise<void> {
    const { work, running, fetchMs = FETCH_MS } = this.#options;
    const { fetches, resource_class: resourceClass } = claim.job;
    const isProbe = fetches && resourceClass === 'interactive';
    const job: StartedJob = {
      claim,
      stop: new AbortController(),
      ended: Promise.resolve(),
      freeSlot: () => {},
      slot: isProbe ? null : slot,
      grant: null,
      isLeaving: false,
      returnPermit: this.#acquirePermit(claim),
      fetchTimer: fetches && !isProbe ? setTimeout(() => this.#releaseSlot(job), fetchMs) : undefined,
    };
    this.#jobs.add(job);
    const signal = AbortSignal.any([running.add(claim), job.stop.signal]);
    job.ended = work(claim, this.#leaseOf(job), signal).finally(() => this.#remove(job));
    job.ended.catch((error) => this.#logUnreported(job, error));
    return isProbe ? Promise.resolve() : untilFree(job);
  }

  /**
   * Whether enough staged jobs of the account wait for a slot of the class that this worker should claim no further job of the account that
   * fetches.
   */
  isFull(resourceClass: ResourceClass, accountId: string): boolean {
    const isOwn = ({ claim: { job } }: StartedJob) =>
      job.account_id === accountId && job.resource_class === resourceClass;
    return this.#waiting.filter(isOwn).length >= Math.max(LEAST_STAGED, this.#options.slots);
  }

  /** Leases the slot to a waiting job, and resolves when the slot is free again. Returns null if no job of the class waits. */
  resume(resourceClass: ResourceClass, slot: number): Promise<void> | null {
    const job = this.#nextWaiting(resourceClass);
    if (!job?.grant) return null;
    job.grant(slot);
    return untilFree(job);
  }

  /**
   * Stops the jobs that need a slot and have none, and from now on each job that would release its slot to continue later. Resolves when
   * all work has ended.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const { slot, stop, isLeaving } of this.#jobs) if (slot === null && !isLeaving) stop.abort(DRAINING);
    await Promise.allSettled([...this.#jobs].map(({ ended }) => ended));
  }

  #leaseOf(job: StartedJob): SlotLease {
    return {
      acquire: async (signal) => {
        clearTimeout(job.fetchTimer);
        const slot = job.slot ?? (await this.#waitForSlot(job, signal));
        job.returnPermit();
        return slot;
      },
      release: () => {
        job.returnPermit = this.#acquirePermit(job.claim);
        this.#releaseSlot(job);
      },
      isNeeded: () => this.#waiting.length > 0,
      classes: () => (job.slot === null ? [] : this.#options.roles.classesOf(job.slot)),
      markBrief: () => {
        if (job.slot !== null) this.#options.roles.markBrief(job.slot, job.claim.job.account_id);
      },
      leave: () => {
        job.isLeaving = true;
        job.slot = null;
        job.freeSlot();
      },
    };
  }

  #waitForSlot(job: StartedJob, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const stopWaiting = () => {
        const index = this.#waiting.indexOf(job);
        if (index >= 0) this.#waiting.splice(index, 1);
        job.grant = null;
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        stopWaiting();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort);
      job.grant = (slot) => {
        stopWaiting();
        job.slot = slot;
        resolve(slot);
      };
      this.#waiting.push(job);
      this.#options.wake(job.claim.job.resource_class);
    });
  }

  /** Returns the waiting job whose account uses the fewest slots of this worker. Among equals, returns the job that has waited longest. */
  #nextWaiting(resourceClass: ResourceClass): StartedJob | undefined {
    const slotsOf = ({ claim }: StartedJob) =>
      [...this.#jobs].filter((other) => other.slot !== null && other.claim.job.account_id === claim.job.account_id)
        .length;
    return this.#waiting
      .filter((job) => job.claim.job.resource_class === resourceClass)
      .reduce<StartedJob | undefined>(
        (best, next) => (best && slotsOf(best) <= slotsOf(next) ? best : next),
        undefined,
      );
  }

  /** Releases the job's slot. A draining worker stops the job instead, because the job could not get another slot. */
  #releaseSlot(job: StartedJob): void {
    if (this.#draining) job.stop.abort(DRAINING);
    else {
      job.slot = null;
      job.freeSlot();
    }
  }

  /** Acquires a permit if the job has sources to fetch. Returns the function that returns the permit. */
  #acquirePermit({ job }: Claim): () => void {
    return job.fetches ? this.#options.permits.acquire(job.resource_class, job.account_id) : () => {};
  }

  #remove(job: StartedJob): void {
    clearTimeout(job.fetchTimer);
    job.returnPermit();
    this.#options.running.remove(job.claim);
    this.#jobs.delete(job);
  }

  /** Logs the error of a job without a slot. A job with a slot reports its error through the promise of its slot. */
  #logUnreported(job: StartedJob, error: unknown): void {
    if (job.slot !== null) return;
    const { logger } = this.#options;
    logger.warn({ err: error, job: job.claim.job.id }, 'the end of a job without a slot was not recorded');
  }
}

/** Resolves when the job ends or releases its slot. */
function untilFree(job: StartedJob): Promise<void> {
  const released = new Promise<void>((resolve) => {
    job.freeSlot = resolve;
  });
  return Promise.race([released, job.ended]);
}

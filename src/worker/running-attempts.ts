import { uuidv7 } from '../crypto/uuid.ts';
import type { Context } from '../database/context.ts';
import { HEARTBEAT_SECONDS } from '../fleet/workers.ts';
import { beatAttempt } from '../jobs/progress.ts';
import type { Claim } from '../jobs/rows.ts';
import type { Logger } from '../telemetry/index.ts';

/** Why a running attempt is stopped. */
export type StopReason = 'canceled' | 'replaced' | 'draining';

/** The attempts that this process runs. Stops an attempt when its job is canceled, its lease is lost, or the worker drains. */
export class RunningAttempts {
  /** Attempts at the same job can overlap, because an attempt that has lost its lease runs until it is stopped. */
  readonly #attempts = new Map<Claim, AbortController>();
  /** The ids of attempts whose claims are in progress. */
  readonly #claiming = new Set<string>();

  /**
   * Calls `claim` with the id of a new attempt. This process must know the id before it sends the claim, because the claim can be committed
   * long before its response arrives. If `claim` starts the attempt, it must call `add` before it resolves.
   */
  async claiming<T>(claim: (attemptId: string) => Promise<T>): Promise<T> {
    const attemptId = uuidv7();
    this.#claiming.add(attemptId);
    try {
      return await claim(attemptId);
    } finally {
      this.#claiming.delete(attemptId);
    }
  }

  add(claim: Claim): AbortSignal {
    const stop = new AbortController();
    this.#attempts.set(claim, stop);
    return stop.signal;
  }

  remove(claim: Claim): void {
    this.#attempts.delete(claim);
  }

  stop(jobId: string, reason: StopReason): void {
    for (const [{ job }, stop] of this.#attempts) if (job.id === jobId) stop.abort(reason);
  }

  stopAll(reason: StopReason): void {
    for (const stop of this.#attempts.values()) stop.abort(reason);
  }

  /** Renews every lease and stops attempts that have lost their lease. This also stops attempts whose cancellation was not notified. */
  async beat(context: Pick<Context, 'db'>, logger: Logger): Promise<void> {
    await Promise.all(
      [...this.#attempts].map(async ([claim, stop]) => {
        try {
          if (!(await beatAttempt(context, claim))) stop.abort('replaced');
        } catch (error) {
          logger.warn({ err: error, job: claim.job.id }, 'heartbeat failed');
        }
      }),
    );
  }

  /** Whether this process runs the attempt, or the claim of the attempt is in progress. */
  has(attemptId: string): boolean {
    return this.#claiming.has(attemptId) || [...this.#attempts.keys()].some((claim) => claim.attemptId === attemptId);
  }

  get size(): number {
    return this.#attempts.size;
  }
}

export const HEARTBEAT_MS = HEARTBEAT_SECONDS * 1000;

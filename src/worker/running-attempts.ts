import type { Context } from '../database/context.ts';
import { HEARTBEAT_SECONDS } from '../fleet/workers.ts';
import { beatAttempt } from '../jobs/progress.ts';
import type { Claim } from '../jobs/rows.ts';
import type { Logger } from '../telemetry/index.ts';

/** Why a running attempt is stopped. */
export type StopReason = 'canceled' | 'replaced' | 'draining';

interface RunningAttempt {
  claim: Claim;
  stop: AbortController;
}

/** The attempts that this process runs. Stops an attempt when its job is canceled, its lease is lost, or the worker drains. */
export class RunningAttempts {
  readonly #byJob = new Map<string, RunningAttempt>();

  add(claim: Claim): AbortSignal {
    const stop = new AbortController();
    this.#byJob.set(claim.job.id, { claim, stop });
    return stop.signal;
  }

  remove(claim: Claim): void {
    if (this.#byJob.get(claim.job.id)?.claim === claim) this.#byJob.delete(claim.job.id);
  }

  stop(jobId: string, reason: StopReason): void {
    this.#byJob.get(jobId)?.stop.abort(reason);
  }

  stopAll(reason: StopReason): void {
    for (const attempt of this.#byJob.values()) attempt.stop.abort(reason);
  }

  /** Renews every lease and stops attempts that have lost their lease. This also stops attempts whose cancellation was not notified. */
  async beat(context: Pick<Context, 'db'>, logger: Logger): Promise<void> {
    await Promise.all(
      [...this.#byJob.values()].map(async ({ claim, stop }) => {
        try {
          if (!(await beatAttempt(context, claim))) stop.abort('replaced');
        } catch (error) {
          logger.warn({ err: error, job: claim.job.id }, 'heartbeat failed');
        }
      }),
    );
  }

  /** Returns the IDs of the attempts. */
  ids(): string[] {
    return [...this.#byJob.values()].map(({ claim }) => claim.attemptId);
  }

  get size(): number {
    return this.#byJob.size;
  }
}

export const HEARTBEAT_MS = HEARTBEAT_SECONDS * 1000;

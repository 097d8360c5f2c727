import type { Context } from '../domain/context.ts';
import { HEARTBEAT_SECONDS } from '../domain/context.ts';
import { beatAttempt } from '../domain/transcodes/progress.ts';
import type { Claim } from '../domain/transcodes/row.ts';
import type { Logger } from '../telemetry/index.ts';

/** Why a running job is stopped from outside. */
export type StopReason = 'canceled' | 'replaced' | 'draining';

interface RunningJob {
  claim: Claim;
  stop: AbortController;
}

/** The jobs that this process works on: where cancel, loss of the claim and draining reach them. */
export class RunningJobs {
  readonly #jobs = new Map<string, RunningJob>();

  add(claim: Claim): AbortSignal {
    const stop = new AbortController();
    this.#jobs.set(claim.job.id, { claim, stop });
    return stop.signal;
  }

  remove(claim: Claim): void {
    if (this.#jobs.get(claim.job.id)?.claim === claim) this.#jobs.delete(claim.job.id);
  }

  stop(jobId: string, reason: StopReason): void {
    this.#jobs.get(jobId)?.stop.abort(reason);
  }

  stopAll(reason: StopReason): void {
    for (const job of this.#jobs.values()) job.stop.abort(reason);
  }

  /** Beats for every job; one that is no longer ours is stopped. The backstop of the notifications. */
  async beat(context: Context, logger: Logger): Promise<void> {
    await Promise.all(
      [...this.#jobs.values()].map(async ({ claim, stop }) => {
        try {
          if (!(await beatAttempt(context, claim))) stop.abort('replaced');
        } catch (error) {
          logger.warn({ err: error, job: claim.job.id }, 'heartbeat failed');
        }
      }),
    );
  }

  get size(): number {
    return this.#jobs.size;
  }
}

export const HEARTBEAT_MS = HEARTBEAT_SECONDS * 1000;

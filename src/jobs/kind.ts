import type { FailureCode } from '../contract/failures.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import type { Job } from './rows.ts';

/** Why a job failed: a code for programs, one sentence for a person. */
export interface Failure {
  code: FailureCode;
  message: string;
}

/** What the core has to know about a kind of job. The rest of a kind is in `src/kinds/`. */
export interface KindTraits {
  name: string;
  /** First word of its events, e.g. `transcode` of `transcode.completed`; null: clients see none of its jobs. */
  events: 'transcode' | null;
  /** Runs in the transaction that ends a job of this kind as failed or canceled. */
  onEnd?(context: Context, tx: Tx, job: Job, failure: Failure | null): Promise<void>;
}

/** What the functions of this folder work with. */
export interface JobsContext extends Context {
  kinds: ReadonlyMap<string, KindTraits>;
}

/** Throws for a kind that this release does not have: its row was written by a newer one. */
export function traitsOf({ kinds }: Pick<JobsContext, 'kinds'>, job: Pick<Job, 'kind'>): KindTraits {
  const traits = kinds.get(job.kind);
  if (!traits) throw new Error(`no kind of job is called ${job.kind}`);
  return traits;
}

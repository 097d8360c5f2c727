import type { FailureCode } from '../contract/failures.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import type { Job } from './rows.ts';

/** Why a job failed: a code for programs, one sentence for a person. */
export interface Failure {
  code: FailureCode;
  message: string;
}

/** What this folder needs to know about a kind of job. The rest of a kind is in `src/kinds/`. */
export interface KindTraits {
  name: string;
  /** Prefix of its events, e.g. `transcode` in `transcode.completed`; null for jobs that clients do not see. */
  events: 'transcode' | null;
  /** Runs in the transaction that ends a job of this kind as failed or canceled. */
  onEnd?(context: Context, tx: Tx, job: Job, failure: Failure | null): Promise<void>;
}

/** The context of the functions in this folder. */
export interface JobsContext extends Context {
  kinds: ReadonlyMap<string, KindTraits>;
}

/** Returns null, and counts the row, for a kind that this release does not know: a newer release wrote the row. */
export function traitsOf(
  { kinds, rows }: Pick<JobsContext, 'kinds' | 'rows'>,
  job: Pick<Job, 'kind'>,
): KindTraits | null {
  const traits = kinds.get(job.kind) ?? null;
  if (!traits) rows.skipped('kind');
  return traits;
}

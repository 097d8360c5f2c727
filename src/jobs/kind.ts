import type { ErrorCode } from '../contract/errors.ts';
import type { FailureCode } from '../contract/failures.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import { createEventCatalog, type EventCatalog, type KindEvents } from '../events/types.ts';
import type { Job } from './rows.ts';

/** The reason for the failure of a job: a code for programs, and a sentence for people. */
export interface Failure {
  code: FailureCode;
  message: string;
}

/** The properties of a kind of job that this folder needs. The rest of a kind is in `src/kinds/`. */
export interface KindTraits {
  /** Name of the kind. Also used in the audit log, such as `transcode` in `transcode.erased`. */
  name: string;
  /** Null for jobs that clients do not see. */
  events: KindEvents | null;
  /** Null for jobs that clients do not see. Absent in contexts that only need the events of the kind. */
  shown?: ShownTraits | null;
  /** Runs in the transaction that ends a job of this kind as failed or canceled. */
  onEnd?(context: JobsContext, tx: Tx, job: Job, failure: Failure | null): Promise<void>;
}

/** The words that errors use for the jobs of a kind. */
export interface ShownTraits {
  /** Singular and plural name of a job of this kind: `toy` and `toys`. */
  nouns: { one: string; many: string };
  /** Errors that replace the common errors, because older clients know them. */
  outputErrors?: Partial<OutputErrors>;
}

/** The errors of a request for an output that a job does not have, by the state of the job. */
export interface OutputErrors {
  running: ErrorCode;
  failed: ErrorCode;
  canceled: ErrorCode;
  /** The error if the job is completed. */
  absent: ErrorCode;
}

const OUTPUT_ERRORS: OutputErrors = {
  running: 'job_not_completed',
  failed: 'job_failed',
  canceled: 'job_canceled',
  absent: 'job_without_output',
};

/** Returns the errors of requests for outputs of a kind that clients see. */
export function outputErrors(shown: Pick<ShownTraits, 'outputErrors'> | null | undefined): OutputErrors {
  return { ...OUTPUT_ERRORS, ...shown?.outputErrors };
}

/** The context of the functions in this folder. */
export interface JobsContext extends Context {
  kinds: ReadonlyMap<string, KindTraits>;
}

/**
 * Returns the traits of the kind of a job. If this release does not know the kind, because a newer release wrote the row, counts the row
 * and returns null.
 */
export function traitsOf(
  { kinds, rows }: Pick<JobsContext, 'kinds' | 'rows'>,
  job: Pick<Job, 'kind'>,
): KindTraits | null {
  const traits = kinds.get(job.kind) ?? null;
  if (!traits) rows.skipped('kind');
  return traits;
}

/** Returns the names of the kinds that clients see. */
export function shownKinds({ kinds }: Pick<JobsContext, 'kinds'>): string[] {
  return [...kinds.values()].filter(({ events }) => events !== null).map(({ name }) => name);
}

const catalogs = new WeakMap<JobsContext['kinds'], EventCatalog>();

/** Returns the types of events that these kinds and the service record. */
export function eventCatalog({ kinds }: Pick<JobsContext, 'kinds'>): EventCatalog {
  const known = catalogs.get(kinds);
  if (known) return known;
  const made = createEventCatalog([...kinds.values()].flatMap(({ events }) => events ?? []));
  catalogs.set(kinds, made);
  return made;
}

import type { Selectable } from 'kysely';
import * as z from 'zod';
import type { Warning } from '../contract/common.ts';
import { hideQueries } from '../contract/hide-queries.ts';
import { type AppliedLimits, LIMIT_NAMES, LIMIT_SETTERS } from '../contract/limit-bounds.ts';
import { fileFacts } from '../contract/outputs.ts';
import type { Vault } from '../crypto/vault.ts';
import { openColumn, type RowOf, sealColumn } from '../database/sealed-columns.ts';
import { storedJson } from '../database/stored-json.ts';
import type { JobOutputsTable, JobSourcesTable, JobsTable, ObjectState, UploadState } from '../database/tables.ts';
import type { AttemptCommand } from './attempt-commands.ts';

export type Job = Selectable<JobsTable>;
/** Every column of a job, for statements that must list them. */
export const JOB_COLUMNS = Object.keys({
  id: true,
  account_id: true,
  key_id: true,
  request_id: true,
  traceparent: true,
  kind: true,
  resource_class: true,
  status: true,
  parent_id: true,
  batch_id: true,
  batch_index: true,
  priority: true,
  available_at: true,
  needs: true,
  awaiting: true,
  review_until: true,
  resume_sealed: true,
  fetches: true,
  request_sealed: true,
  request_source_sealed: true,
  request_facts: true,
  request_settings: true,
  plan_sealed: true,
  warnings_sealed: true,
  metadata_sealed: true,
  webhook_sealed: true,
  limits: true,
  progress: true,
  speed: true,
  fps: true,
  eta_seconds: true,
  current_attempt: true,
  attempts: true,
  input_seconds: true,
  error_code: true,
  error_sealed: true,
  retention_seconds: true,
  created_at: true,
  updated_at: true,
  started_at: true,
  completed_at: true,
  expires_at: true,
  erased_at: true,
  erased_reason: true,
} satisfies Record<keyof Job, true>) as (keyof Job)[];
export type JobSource = Selectable<JobSourcesTable>;
export type JobOutput = Selectable<JobOutputsTable>;
/** The purpose of a file that is not an input. */
export type AssetKind = NonNullable<JobSource['kind']>;

/** A source with its object as it was at the claim. The properties of the object are null for a source that must be fetched. */
export type ClaimedSource = JobSource & {
  object_key: string | null;
  object_state: ObjectState | null;
  object_size: number | null;
  object_sha256: string | null;
  /** State and declared type of its upload, and the job that checks the upload. Null for a source that was not uploaded. */
  upload_state: UploadState | null;
  upload_type: string | null;
  inspection_id: string | null;
  /** The retention of the account that owns the upload, in seconds. */
  account_retention_seconds: number | null;
};

/** One attempt at one job. `attemptId` is the fencing token: every later write checks it. */
export interface Claim {
  attemptId: string;
  number: number;
  job: Job;
  inputs: ClaimedSource[];
  /** Files that filters and overlays name. Asset i of the request has the position `inputs.length + i`. */
  assets: ClaimedSource[];
  outputs: JobOutput[];
  /** Commands that the attempt has run so far. They are recorded when the attempt ends. */
  commands?: readonly AttemptCommand[];
}

/** Identifies an attempt and the job that it may still own. */
export type Ownership = Pick<Claim, 'attemptId' | 'commands'> & { job: Pick<Job, 'id'> };

/** Maximum number of failed or lost attempts at one job. */
export const MAX_ATTEMPTS = 3;
/** Statuses of a job that is not final. */
export const OPEN_STATUSES = ['pending', 'processing'] as const;

/** Whether a job is not final. False for a status that only a newer release knows. This release does not change such a job. */
export function isOpen({ status }: Pick<Job, 'status'>): boolean {
  return (OPEN_STATUSES as readonly string[]).includes(status);
}

/**
 * Seals the warnings of a job. Warnings quote the caller's text, so they are stored like the request: sealed, without the queries of URLs.
 */
export function sealWarnings(vault: Vault, job: RowOf<'jobs'>, warnings: readonly Warning[]): Buffer | null {
  if (warnings.length === 0) return null;
  return sealColumn(vault, 'jobs', 'warnings_sealed', job, JSON.stringify(hideQueries(warnings)));
}

export function openWarnings(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'warnings_sealed'>): Warning[] {
  return JSON.parse(openColumn(vault, 'jobs', 'warnings_sealed', job) ?? '[]') as Warning[];
}

/** Adds the account of the job to a source, so that the source identifies its row. */
export function sourceRow<T extends Pick<JobSource, 'job_id' | 'position'>>(
  job: Pick<Job, 'account_id'>,
  source: T,
): T & RowOf<'job_sources'> {
  return { ...source, account_id: job.account_id };
}

/** The properties of an output that a probe found. */
export type OutputFacts = z.infer<typeof fileFacts>;
export const outputFacts = storedJson('facts of an output', 1, fileFacts);

const limitValue = z.object({ value: z.number(), setBy: z.enum(LIMIT_SETTERS) });
const appliedLimits = z.object({
  limits: z.object({
    memory_mb: limitValue,
    cpu_seconds: limitValue,
    wall_seconds: limitValue,
    output_mb: limitValue,
  }),
  hit: z.enum(LIMIT_NAMES).nullable(),
}) satisfies z.ZodType<AppliedLimits>;
export const storedLimits = storedJson('limits of a job', 1, appliedLimits);

/** Returns `billable_minutes`: the duration of all inputs in minutes, rounded up. */
export function billableMinutes(inputSeconds: number): number {
  return Math.ceil(inputSeconds / 60);
}

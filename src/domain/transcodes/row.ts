import type { Selectable } from 'kysely';
import type { Warning } from '../../contract/common.ts';
import type { JobLimits } from '../../contract/limit-bounds.ts';
import type { TranscodeInputsTable, TranscodesTable } from '../../database/tables.ts';
import type { Vault } from '../../ids/vault.ts';
import type { Lane } from '../../queue/queue.ts';
import { openColumn, type RowOf, sealColumn } from '../sealed-columns.ts';
import { hideQueries } from './hide-queries.ts';

export type Transcode = Selectable<TranscodesTable>;
export type TranscodeInput = Selectable<TranscodeInputsTable>;
/** The columns that clients see something of, whether it is the job alone or one of a list. */
export type ViewedJob = Omit<Transcode, UnseenColumn>;
type UnseenColumn =
  | 'key_id'
  | 'request_id'
  | 'request_sealed'
  | 'request_source_sealed'
  | 'plan_sealed'
  | 'current_attempt'
  | 'queue_job'
  | 'output_object_id'
  | 'output_name_sealed'
  | 'retention_seconds'
  | 'erased_reason';
export type ViewedInput = Pick<TranscodeInput, 'transcode_id' | 'position' | 'url_sealed' | 'probe'>;
/** What a file beside the inputs is for. */
export type AssetKind = NonNullable<TranscodeInput['kind']>;

/** One try at one job. `attemptId` is the fencing token: every later write names it. */
export interface Claim {
  attemptId: string;
  number: number;
  lane: Lane;
  entry: string;
  job: Transcode;
  inputs: TranscodeInput[];
  /** Files that filters and overlays name; asset i of the request has the position `inputs.length + i`. */
  assets: TranscodeInput[];
}

/** Statuses of a job that is not final. */
export const OPEN_STATUSES = ['pending', 'processing'] as const;

/** The times that every end sets: from now on its retention counts. */
export function endTimes(job: Pick<Transcode, 'retention_seconds'>, now: Date) {
  return {
    completed_at: now,
    updated_at: now,
    expires_at: new Date(now.getTime() + job.retention_seconds * 1000),
  };
}

/** What is stored of a request: everything but URLs and metadata, which are sealed elsewhere. */
export interface StoredRequest {
  inputs: { options?: unknown[] }[];
  outputFormat: string;
  preset?: { quality?: string; resolution?: string };
  options?: unknown[];
  filters?: { filter: string }[];
  /** Every input must be rewritten by us before FFmpeg sees it; by the request or by its account. */
  disarm?: boolean;
  /** As the request had them; what the cell was given stands in the row. */
  limits?: JobLimits;
}

/** As clients see it, without queries of URLs; null once the job is erased. */
export function openRequest(
  vault: Vault,
  job: RowOf<'transcodes'> & Pick<Transcode, 'request_sealed'>,
): StoredRequest | null {
  return parsed(openColumn(vault, 'transcodes', 'request_sealed', job));
}

/** As the caller wrote it; null once the job is final. */
export function openWholeRequest(
  vault: Vault,
  job: RowOf<'transcodes'> & Pick<Transcode, 'request_sealed' | 'request_source_sealed'>,
): StoredRequest | null {
  return parsed(openColumn(vault, 'transcodes', 'request_source_sealed', job)) ?? openRequest(vault, job);
}

function parsed(text: string | null): StoredRequest | null {
  return text === null ? null : (JSON.parse(text) as StoredRequest);
}

/** Warnings quote what the caller wrote, so they are kept as the request is: sealed, without queries of URLs. */
export function sealWarnings(vault: Vault, job: RowOf<'transcodes'>, warnings: readonly Warning[]): Buffer | null {
  if (warnings.length === 0) return null;
  return sealColumn(vault, 'transcodes', 'warnings_sealed', job, JSON.stringify(hideQueries(warnings)));
}

export function openWarnings(vault: Vault, job: RowOf<'transcodes'> & Pick<Transcode, 'warnings_sealed'>): Warning[] {
  return JSON.parse(openColumn(vault, 'transcodes', 'warnings_sealed', job) ?? '[]') as Warning[];
}

/** An input or asset with what names its row: the account is its job's. */
export function sourceRow<T extends Pick<TranscodeInput, 'transcode_id' | 'position'>>(
  job: Pick<Transcode, 'account_id'>,
  source: T,
): T & RowOf<'transcode_inputs'> {
  return { ...source, account_id: job.account_id };
}

/** What one output turned out to be, as a probe of it said. */
export interface OutputFacts {
  format: string;
  size: number;
  duration_seconds: number | null;
  width: number | null;
  height: number | null;
  video_codec: string | null;
  audio_codec: string | null;
  sha256: string;
}

/** `billable_minutes`: total input duration rounded up (contract A4). */
export function billableMinutes(inputSeconds: number): number {
  return Math.ceil(inputSeconds / 60);
}

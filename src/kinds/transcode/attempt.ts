import type { AccountOfJob } from '../../attempt/cells/cell-limits.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import type { Warning } from '../../contract/common.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { LimitName } from '../../contract/limit-bounds.ts';
import type { JobRequest, OutputRequest } from '../../contract/transcode-request.ts';
import { toJobRequest } from '../../contract/transcodes.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import type { PlannedFile } from '../../ffmpeg/index.ts';
import { type Claim, openWarnings, sourceRow } from '../../jobs/rows.ts';
import { outputKey } from '../../storage/keys.ts';
import type { Reading } from '../../threads/planning/index.ts';
import { openFullRequest } from './request.ts';

/** One attempt at a transcode, with the tools of the worker and the request. */
export interface TranscodeAttempt {
  tools: WorkTools;
  run: Run;
  request: OpenedRequest;
  /** Resolves to the account, which is read while the sources are prepared. See `takeAccount`. */
  account?: Promise<AccountOfJob> | undefined;
  /** Resolves when the uploads that the attempt has checked are confirmed. Absent if the attempt confirms no upload. */
  confirmed?: Promise<unknown>;
  /** Functions that run when the attempt ends, regardless of its outcome. */
  atEnd: (() => Promise<void>)[];
}

/** Returns the account for the limits of the first cell. Returns undefined for later cells, because outputs change the stored bytes. */
export function takeAccount(attempt: TranscodeAttempt): TranscodeAttempt['account'] {
  const { account } = attempt;
  attempt.account = undefined;
  return account;
}

/** A request, with the properties that a worker needs before the files are available. */
export interface OpenedRequest extends Omit<Reading, 'rejections'> {
  request: JobRequest;
  /** The requests of the outputs, in the order of the rows of the outputs. */
  outputs: readonly OutputRequest[];
  /** Whether FFmpeg may read the inputs only in remuxed containers. */
  disarm: boolean;
  /** The limits that the request asked for. */
  limits: Partial<Record<LimitName, number>>;
  /** Warnings that were given when the job was accepted. */
  warnings: Warning[];
}

/**
 * Opens the sealed request, once in each attempt, and reads it under the current policy. Throws `JobFailure` if the policy now rejects the
 * request.
 */
export async function openRequest(tools: WorkTools, claim: Claim): Promise<OpenedRequest> {
  const { vault } = tools.context;
  const stored = openFullRequest(vault, claim.job);
  if (!stored) throw new JobFailure('input_deleted', 'The job has been erased.');
  const { disarm, limits, ...rest } = stored;
  // Add the URLs, because a filter may name an input by its URL.
  const inputs = rest.inputs.map((input, position) => ({ ...(input as object), url: urlOf(tools, claim, position) }));
  const request = toJobRequest({ ...rest, inputs } as Parameters<typeof toJobRequest>[0]);
  const { rejections, ...reading } = await tools.planner.read({ request });
  const rejection = rejections[0];
  if (rejection) throw new JobFailure('option_refused', `${rejection.option}: ${rejection.reason}`);
  return {
    ...{ request, outputs: 'outputs' in request ? request.outputs : [request], ...reading },
    ...{ disarm: disarm === true, limits: limits ?? {} },
    warnings: openWarnings(vault, claim.job),
  };
}

function urlOf({ context: { vault } }: WorkTools, claim: Claim, position: number): string {
  const input = claim.inputs[position];
  const row = input && sourceRow(claim.job, input);
  const url =
    row &&
    (openColumn(vault, 'job_sources', 'source_sealed', row) ?? openColumn(vault, 'job_sources', 'url_sealed', row));
  if (!url) throw new JobFailure('input_deleted', `Input ${position + 1} is no longer known.`);
  return url;
}

/** Returns the key and the content type of the object in which an output is stored. */
export function objectOf({ claim: { job, attemptId } }: Run, { position, format, contentType }: PlannedFile) {
  return { key: outputKey(job.account_id, job.id, attemptId, format, position), contentType };
}

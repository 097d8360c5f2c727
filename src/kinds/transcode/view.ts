import { ApiError } from '../../contract/errors.ts';
import { isLadderFormat } from '../../contract/formats.ts';
import type { ShownLimits } from '../../contract/job-limits.ts';
import { adviceFor } from '../../contract/limit-advice.ts';
import { LIMIT_NAMES } from '../../contract/limit-bounds.ts';
import type { Retry } from '../../contract/retry.ts';
import type { Job as ShownJob } from '../../contract/transcodes.ts';
import { isUuid } from '../../crypto/uuid.ts';
import type { Vault } from '../../crypto/vault.ts';
import type { Context } from '../../database/context.ts';
import { type Db, pipelined } from '../../database/pool.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { awaitsUpload } from '../../jobs/awaited-uploads.ts';
import { queuePositions } from '../../jobs/queue-positions.ts';
import { getJob, inputsOf, outputsOf } from '../../jobs/read.ts';
import { readRetries } from '../../jobs/retries.ts';
import {
  billableMinutes,
  type Job,
  type JobOutput,
  type JobSource,
  openWarnings,
  sourceRow,
  storedLimits,
} from '../../jobs/rows.ts';
import { shownStatus } from '../../jobs/shown-status.ts';
import { type Inspection, inspectionJson } from '../../uploads/upload.ts';
import type { SubmittedJob, ViewContext } from '../kind.ts';
import { type ViewedOutput, viewOutputs } from '../view-outputs.ts';
import { factsJson, openOptions, settingsJson } from './request.ts';

/** The columns from which the view of a job is built, both alone and in a list. */
export type ViewedJob = Omit<Job, UnseenColumn>;
type UnseenColumn =
  | 'key_id'
  | 'request_id'
  | 'kind'
  | 'parent_id'
  | 'batch_id'
  | 'batch_index'
  | 'fetches'
  | 'request_sealed'
  | 'request_source_sealed'
  | 'plan_sealed'
  | 'current_attempt'
  | 'retention_seconds'
  | 'erased_reason';
export type ViewedInput = Pick<JobSource, 'job_id' | 'position' | 'url_sealed'> & {
  /** The members of an inspection that clients see. */
  inspection: Pick<Inspection, 'summary' | 'container' | 'fetched'> | null;
};

interface RelatedRows {
  inputs: readonly ViewedInput[];
  outputs: readonly ViewedOutput[];
  options: ShownJob['ffmpeg_options']['options'];
  position: number | null;
  /** Null unless the job is waiting because its last attempt failed. */
  retry: Retry | null;
  /** Targets of the uploads that a new job awaits, by the positions of the inputs; absent for every other job. */
  uploads?: SubmittedJob['uploads'];
}

/** Reads a transcode of an account, with its related rows in one round trip. Throws as `getJob` does. */
export function readTranscode(context: ViewContext, accountId: string, id: string): Promise<ShownJob> {
  if (!isUuid(id)) throw new ApiError('not_found');
  return pipelined(context.db, async (connection) => {
    const reads = [getJob(connection, accountId, 'transcode', id), besideOf(connection, id)] as const;
    const [job, related] = await Promise.all(reads);
    return viewRead(context, connection, job, related);
  });
}

/** Builds the client's view of a transcode. */
export function viewTranscode(context: Pick<Context, 'vault' | 'store'>, db: Db, job: Job): Promise<ShownJob> {
  return pipelined(db, async (connection) => viewRead(context, connection, job, await besideOf(connection, job.id)));
}

function besideOf(db: Db, id: string): Promise<[JobSource[], JobOutput[]]> {
  return Promise.all([inputsOf(db, id), outputsOf(db, [id])]);
}

async function viewRead(
  context: Pick<Context, 'vault' | 'store'>,
  db: Db,
  job: Job,
  [sources, outputs]: [JobSource[], JobOutput[]],
): Promise<ShownJob> {
  const [positions, retries] = await Promise.all([queuePositions(db, [job]), readRetries(db, [job])]);
  const options = openOptions(context.vault, job) as ShownJob['ffmpeg_options']['options'];
  const inputs = sources.map((source) => ({ ...source, inspection: inspectionJson.readOrNull(source.probe) }));
  const position = positions.get(job.id)?.position ?? null;
  return viewJob(context, job, { inputs, outputs, options, position, retry: retries.get(job.id) ?? null });
}

/** Builds the client's view of a transcode that was just inserted. Reads nothing from the database. */
export function viewSubmitted(context: Pick<Context, 'vault' | 'store'>, submitted: SubmittedJob): ShownJob {
  const { job, inputs, outputs, position, uploads } = submitted;
  const options = openOptions(context.vault, job) as ShownJob['ffmpeg_options']['options'];
  return viewJob(context, job, { inputs, outputs, options, position, retry: null, uploads });
}

/** Builds the client's view of a transcode from its columns and related rows. */
export function viewJob(context: Pick<Context, 'vault' | 'store'>, job: ViewedJob, related: RelatedRows): ShownJob {
  const { inputs, options, position } = related;
  const facts = factsJson.read(job.request_facts);
  const settings = settingsJson.readOrNull(job.request_settings);
  const metadata = openColumn(context.vault, 'jobs', 'metadata_sealed', job);
  const urls = job.erased_at === null ? { bucket: context.store.bucket, jobId: job.id } : null;
  const outputs = viewOutputs(context.vault, related.outputs, urls);
  const seconds = inputSeconds(job, inputs);
  const first = inputs[0]?.inspection?.summary ?? null;
  const available = job.status === 'completed' && related.outputs.length > 0 && job.erased_at === null;
  const status = shownStatus(job);
  const time = (at: Date | null) => at?.toISOString() ?? null;
  return {
    id: job.id,
    jobId: job.id,
    status,
    waiting_for: awaitsUpload(job) ? 'upload' : null,
    // A transcode awaits no review.
    awaiting: job.awaiting === 'review' ? null : job.awaiting,
    inputs: inputs.map((input) => ({
      ...viewInput(context.vault, job, input),
      upload: related.uploads?.get(input.position) ?? null,
    })),
    outputs,
    output_format: facts.output_format,
    output_url:
      available && !isLadderFormat(facts.output_format)
        ? `gs://${context.store.bucket}/outputs/${job.id}.${facts.output_format}`
        : null,
    billable_minutes: seconds === null ? null : billableMinutes(seconds),
    duration_seconds: seconds,
    template: settings?.template ?? null,
    ffmpeg_options: { source: facts.source, options, preset: settings?.preset ?? null },
    video_metadata: first && {
      format: first.format,
      duration_seconds: first.duration_seconds,
      size_bytes: first.size_bytes,
    },
    error_message: openColumn(context.vault, 'jobs', 'error_sealed', job),
    error_code: job.error_code,
    error_advice: adviceFor(job.error_code, storedLimits.readOrNull(job.limits)),
    metadata: { user: metadata === null ? null : JSON.parse(metadata) },
    progress: Math.min(1, Math.round(job.progress * 10_000) / 10_000),
    speed: job.speed,
    fps: job.fps,
    eta_seconds: job.eta_seconds,
    priority: job.priority,
    queue_position: status === 'pending' && !awaitsUpload(job) ? position : null,
    attempts: job.attempts,
    retry: related.retry,
    limits: viewLimits(job),
    created_at: job.created_at.toISOString(),
    updated_at: job.updated_at.toISOString(),
    started_at: time(job.started_at),
    completed_at: time(job.completed_at),
    expires_at: time(job.expires_at),
    warnings: openWarnings(context.vault, job),
  };
}

/** Returns the total duration of all inputs in seconds. Pictures count as 0. Returns null until every input has been probed. */
function inputSeconds(job: ViewedJob, inputs: readonly ViewedInput[]): number | null {
  if (job.input_seconds !== null) return job.input_seconds;
  const inspections = inputs.map(({ inspection }) => inspection);
  if (inspections.length === 0 || inspections.includes(null)) return null;
  return inspections.reduce((sum, inspection) => sum + (inspection?.summary.duration_seconds ?? 0), 0);
}

function viewLimits(job: ViewedJob): ShownLimits {
  const requested = settingsJson.readOrNull(job.request_settings)?.limits;
  const applied = storedLimits.readOrNull(job.limits);
  const shown = LIMIT_NAMES.map((name) => {
    const { value = null, setBy = null } = applied?.limits[name] ?? {};
    return [name, { requested: requested?.[name] ?? null, applied: value, set_by: setBy }];
  });
  return Object.fromEntries(shown) as ShownLimits;
}

function viewInput(vault: Vault, job: ViewedJob, input: ViewedInput): Omit<ShownJob['inputs'][number], 'upload'> {
  const summary = input.inspection?.summary ?? null;
  return {
    url: openColumn(vault, 'job_sources', 'url_sealed', sourceRow(job, input)),
    duration: summary?.duration_seconds ?? null,
    format: summary?.format ?? null,
    size: summary?.size_bytes ?? null,
    container: input.inspection?.container ?? null,
    fetched: input.inspection?.fetched ?? null,
  };
}

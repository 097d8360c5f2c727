import {
  transcriptionFacts,
  transcriptionJson,
  transcriptionResult,
} from '../../attempt/speech/transcription-request.ts';
import { adviceFor } from '../../contract/limit-advice.ts';
import type { Retry } from '../../contract/retry.ts';
import type { Transcription } from '../../contract/transcriptions.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { getJob, inputsOf, outputsOf } from '../../jobs/read.ts';
import { readRetries } from '../../jobs/retries.ts';
import {
  JOB_COLUMNS,
  type Job,
  type JobOutput,
  type JobSource,
  openWarnings,
  sourceRow,
  storedLimits,
} from '../../jobs/rows.ts';
import { shownStatus } from '../../jobs/shown-status.ts';
import type { SubmittedJob, ViewContext } from '../kind.ts';
import { viewOutputs } from '../view-outputs.ts';

type ViewedInput = Pick<JobSource, 'job_id' | 'position' | 'url_sealed'>;
type ViewedOutput = Omit<JobOutput, 'name_sealed'>;

interface RelatedRows {
  inputs: readonly ViewedInput[];
  outputs: readonly ViewedOutput[];
  retry: Retry | null;
}

/** Reads a transcription of an account. Throws as `getJob` does. */
export async function readTranscription(context: ViewContext, accountId: string, id: string): Promise<Transcription> {
  const job = await getJob(context.db, accountId, 'transcribe', id);
  const [inputs, outputs, retries] = await Promise.all([
    inputsOf(context.db, id),
    outputsOf(context.db, [id]),
    readRetries(context.db, [job]),
  ]);
  return viewTranscription(context, job, { inputs, outputs, retry: retries.get(id) ?? null });
}

/** Returns these transcriptions of the account, newest first. Omits ids that are no transcriptions of the account. */
export async function listTranscriptions(
  context: ViewContext,
  accountId: string,
  ids: readonly string[],
): Promise<Transcription[]> {
  if (ids.length === 0) return [];
  const { db } = context;
  const [jobs, inputs, outputs] = await Promise.all([
    db
      .selectFrom('jobs')
      .select(JOB_COLUMNS)
      .where('account_id', '=', accountId)
      .where('kind', '=', 'transcribe')
      .where('id', 'in', [...ids])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute(),
    db
      .selectFrom('job_sources')
      .select(['job_id', 'position', 'url_sealed'])
      .where('job_id', 'in', [...ids])
      .where('role', '=', 'input')
      .execute(),
    outputsOf(db, [...ids]),
  ]);
  const retries = await readRetries(db, jobs);
  const ofJob = <Row extends { job_id: string }>(rows: readonly Row[], id: string) =>
    rows.filter(({ job_id }) => job_id === id);
  return jobs.map((job) =>
    viewTranscription(context, job, {
      inputs: ofJob(inputs, job.id),
      outputs: ofJob(outputs, job.id),
      retry: retries.get(job.id) ?? null,
    }),
  );
}

/** Returns the view of a transcription that was just inserted. */
export function viewSubmitted(context: ViewContext, { job, inputs, outputs }: SubmittedJob): Transcription {
  return viewTranscription(context, job, { inputs, outputs, retry: null });
}

function viewTranscription(
  { vault, store }: Pick<ViewContext, 'vault' | 'store'>,
  job: Job,
  { inputs, outputs, retry }: RelatedRows,
): Transcription {
  const [input] = inputs;
  const request = openJson(openColumn(vault, 'jobs', 'request_sealed', job), transcriptionJson);
  const result = openJson(openColumn(vault, 'jobs', 'plan_sealed', job), transcriptionResult);
  const { output_format } = transcriptionFacts.read(job.request_facts);
  const metadata = openColumn(vault, 'jobs', 'metadata_sealed', job);
  const isAvailable = job.status === 'completed' && outputs.length > 0 && job.erased_at === null;
  const time = (at: Date | null) => at?.toISOString() ?? null;
  return {
    id: job.id,
    status: shownStatus(job),
    media_url: input ? openColumn(vault, 'job_sources', 'url_sealed', sourceRow(job, input)) : null,
    language: result?.language ?? request?.language ?? null,
    task: request?.task ?? null,
    output_format,
    output_url: isAvailable ? `gs://${store.bucket}/outputs/${job.id}.${output_format}` : null,
    outputs: viewOutputs(vault, outputs, job.erased_at === null ? { bucket: store.bucket, jobId: job.id } : null),
    duration_seconds: job.input_seconds,
    progress: Math.min(1, Math.round(job.progress * 10_000) / 10_000),
    eta_seconds: job.eta_seconds,
    attempts: job.attempts,
    retry,
    priority: job.priority,
    error_message: openColumn(vault, 'jobs', 'error_sealed', job),
    error_code: job.error_code,
    error_advice: adviceFor(job.error_code, storedLimits.readOrNull(job.limits)),
    metadata: { user: metadata === null ? null : JSON.parse(metadata) },
    created_at: job.created_at.toISOString(),
    updated_at: job.updated_at.toISOString(),
    started_at: time(job.started_at),
    completed_at: time(job.completed_at),
    expires_at: time(job.expires_at),
    warnings: openWarnings(vault, job),
  };
}

function openJson<T>(text: string | null, json: { read(stored: unknown): T }): T | null {
  return text === null ? null : json.read(JSON.parse(text));
}

import type { ShownLimits } from '../../contract/job-limits.ts';
import { adviceFor } from '../../contract/limit-advice.ts';
import { type AppliedLimits, type JobLimits, LIMIT_NAMES } from '../../contract/limit-bounds.ts';
import type { Job } from '../../contract/transcodes.ts';
import type { Db } from '../../database/pool.ts';
import type { Vault } from '../../ids/vault.ts';
import type { Context } from '../context.ts';
import { openColumn } from '../sealed-columns.ts';
import type { Inspection } from '../uploads/upload.ts';
import { inputsOf, queuePositions } from './read.ts';
import {
  billableMinutes,
  type OutputFacts,
  openRequest,
  openWarnings,
  sourceRow,
  type Transcode,
  type ViewedInput,
  type ViewedJob,
} from './row.ts';

/** The job as clients see it (contract A4). */
export async function viewTranscode(context: Pick<Context, 'vault' | 'store'>, db: Db, job: Transcode): Promise<Job> {
  const inputs = await inputsOf(db, job.id);
  const positions = await queuePositions(db, [job]);
  const options = openRequest(context.vault, job)?.options as Job['ffmpeg_options']['options'];
  return viewJob(context, job, { inputs, options: options ?? [], position: positions.get(job.id) ?? null });
}

/** A job from its columns and what stands beside them. */
export function viewJob(
  context: Pick<Context, 'vault' | 'store'>,
  job: ViewedJob,
  beside: { inputs: ViewedInput[]; options: Job['ffmpeg_options']['options']; position: number | null },
): Job {
  const { inputs, options, position } = beside;
  const metadata = openColumn(context.vault, 'transcodes', 'metadata_sealed', job);
  const output = job.output_probe as OutputFacts | null;
  const seconds = inputSeconds(job, inputs);
  const first = (inputs[0]?.probe as Inspection | null)?.summary ?? null;
  const available = job.status === 'completed' && output !== null && job.erased_at === null;
  const time = (at: Date | null) => at?.toISOString() ?? null;
  return {
    id: job.id,
    jobId: job.id,
    status: job.status,
    inputs: inputs.map((input) => viewInput(context.vault, job, input)),
    outputs: output && job.status === 'completed' ? [output] : [],
    output_format: job.output_format,
    output_url: available ? `gs://${context.store.bucket}/outputs/${job.id}.${job.output_format}` : null,
    billable_minutes: seconds === null ? null : billableMinutes(seconds),
    duration_seconds: seconds,
    ffmpeg_options: {
      source: job.source as Job['ffmpeg_options']['source'],
      options,
      preset: job.preset as Job['ffmpeg_options']['preset'],
    },
    video_metadata: first && {
      format: first.format,
      duration_seconds: first.duration_seconds,
      size_bytes: first.size_bytes,
    },
    error_message: openColumn(context.vault, 'transcodes', 'error_sealed', job),
    error_code: job.error_code,
    error_advice: adviceFor(job.error_code, job.limits as AppliedLimits | null),
    metadata: { user: metadata === null ? null : JSON.parse(metadata) },
    progress: Math.min(1, Math.round(job.progress * 10_000) / 10_000),
    speed: job.speed,
    fps: job.fps,
    eta_seconds: job.eta_seconds,
    queue_position: position,
    attempts: job.attempts,
    limits: viewLimits(job),
    created_at: job.created_at.toISOString(),
    updated_at: job.updated_at.toISOString(),
    started_at: time(job.started_at),
    completed_at: time(job.completed_at),
    expires_at: time(job.expires_at),
    warnings: openWarnings(context.vault, job),
  };
}

/** Seconds of all inputs together, pictures counting for none; null before every one has been probed. */
function inputSeconds(job: ViewedJob, inputs: readonly ViewedInput[]): number | null {
  if (job.input_seconds !== null) return job.input_seconds;
  const probes = inputs.map((input) => input.probe as Inspection | null);
  if (probes.length === 0 || probes.includes(null)) return null;
  return probes.reduce((sum, probe) => sum + (probe?.summary.duration_seconds ?? 0), 0);
}

function viewLimits(job: ViewedJob): ShownLimits {
  const requested = job.requested_limits as JobLimits | null;
  const applied = job.limits as AppliedLimits | null;
  const shown = LIMIT_NAMES.map((name) => {
    const { value = null, setBy = null } = applied?.limits[name] ?? {};
    return [name, { requested: requested?.[name] ?? null, applied: value, set_by: setBy }];
  });
  return Object.fromEntries(shown) as ShownLimits;
}

function viewInput(vault: Vault, job: ViewedJob, input: ViewedInput): Job['inputs'][number] {
  const inspection = input.probe as Inspection | null;
  const summary = inspection?.summary ?? null;
  return {
    url: openColumn(vault, 'transcode_inputs', 'url_sealed', sourceRow(job, input)),
    duration: summary?.duration_seconds ?? null,
    format: summary?.format ?? null,
    size: summary?.size_bytes ?? null,
    container: inspection?.container ?? null,
  };
}

import { z } from 'zod';
import { jobStatus, queryBoolean, queryTime, someWarnings, timestamp, warning } from './common.ts';
import { OUTPUT_FORMATS, QUALITIES, RESOLUTIONS } from './formats.ts';
import { jobLimits, shownLimits } from './job-limits.ts';
import type { TranscodeRequest } from './transcode-request.ts';

export const MAX_INPUTS = 10;
export const MAX_METADATA_BYTES = 8192;

/** Characters of one filter graph, or of one option's argument. */
export const MAX_ARGUMENT = 10_000;

/** Many clients send `null` for what they leave out. */
const nullable = <T extends z.ZodType>(schema: T) =>
  schema
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();

const argumentText = z.string().max(MAX_ARGUMENT, { error: `must be at most ${MAX_ARGUMENT} characters` });

const option = z
  .object({
    option: z.string().min(1).max(64),
    argument: z.union([argumentText, z.number(), z.record(z.string(), z.unknown()), z.null()]).optional(),
  })
  .meta({ id: 'Option' });

export const metadataField = nullable(
  z.record(z.string(), z.unknown()).refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES, {
    error: `must be at most ${MAX_METADATA_BYTES} bytes when serialised`,
  }),
);
export const retentionField = nullable(z.number().int().min(1));

/** Whether every input must be rewritten by us before FFmpeg sees it. */
export const disarmField = nullable(z.boolean());

export const limitsField = nullable(jobLimits);

export const createBody = z
  .object({
    inputs: z
      .array(z.object({ url: z.string().min(1).max(8192), options: nullable(z.array(option).max(64)) }))
      .min(1)
      .max(MAX_INPUTS),
    outputFormat: z.enum(OUTPUT_FORMATS),
    preset: nullable(z.object({ quality: nullable(z.enum(QUALITIES)), resolution: nullable(z.enum(RESOLUTIONS)) })),
    options: nullable(z.array(option).max(256)),
    filters: nullable(z.array(z.object({ filter: argumentText.min(1) })).max(64)),
    metadata: metadataField,
    retention_seconds: retentionField,
    disarm: disarmField,
    limits: limitsField,
  })
  .meta({ id: 'TranscodeRequest' });

export type CreateBody = z.infer<typeof createBody>;

/** The part of the body that decides how the media is made. */
export function toTranscodeRequest(body: CreateBody): TranscodeRequest {
  const { retention_seconds: _, disarm: __, limits: ___, ...request } = body;
  return request as TranscodeRequest;
}

const output = z.object({
  format: z.string(),
  size: z.number(),
  duration_seconds: z.number().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  video_codec: z.string().nullable(),
  audio_codec: z.string().nullable(),
  sha256: z.string(),
});

export const job = z
  .object({
    id: z.uuid(),
    jobId: z.uuid(),
    status: jobStatus,
    inputs: z.array(
      z.object({
        url: z.string().nullable(),
        duration: z.number().nullable(),
        format: z.string().nullable(),
        size: z.number().nullable(),
        container: z.enum(['rewritten', 'original']).nullable(),
      }),
    ),
    outputs: z.array(output),
    output_format: z.string(),
    output_url: z.string().nullable(),
    billable_minutes: z.number().nullable(),
    duration_seconds: z.number().nullable(),
    ffmpeg_options: z.object({
      source: z.enum(['preset', 'raw_options', 'defaults']),
      options: z.array(option),
      preset: z.object({ quality: z.string().optional(), resolution: z.string().optional() }).nullable(),
    }),
    video_metadata: z
      .object({
        format: z.string().nullable(),
        duration_seconds: z.number().nullable(),
        size_bytes: z.number().nullable(),
      })
      .nullable(),
    error_message: z.string().nullable(),
    error_code: z.string().nullable(),
    error_advice: z.string().nullable(),
    metadata: z.object({ user: z.record(z.string(), z.unknown()).nullable() }),
    progress: z.number().min(0).max(1),
    speed: z.number().nullable(),
    fps: z.number().nullable(),
    eta_seconds: z.number().nullable(),
    queue_position: z.number().nullable(),
    attempts: z.number(),
    limits: shownLimits,
    created_at: timestamp,
    updated_at: timestamp,
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    expires_at: timestamp.nullable(),
    warnings: z.array(warning),
  })
  .meta({ id: 'Job' });

export type Job = z.infer<typeof job>;

export const listQuery = z.object({
  status: jobStatus.optional(),
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  since: queryTime.optional(),
  until: queryTime.optional(),
});

export type ListQuery = z.infer<typeof listQuery>;

export const jobList = z
  .object({ items: z.array(job), page: z.number(), limit: z.number(), total: z.number(), warnings: someWarnings })
  .meta({ id: 'JobList' });

export const cancelAnswer = z
  .object({ success: z.literal(true), message: z.literal('Job cancelled successfully'), job, warnings: someWarnings })
  .meta({ id: 'CancelAnswer' });

export const downloadQuery = z.object({ url: queryBoolean.optional() });

export const downloadAnswer = z.object({ url: z.url(), warnings: someWarnings }).meta({ id: 'DownloadAnswer' });

export const eraseAnswer = z
  .object({ success: z.literal(true), id: z.uuid(), erased_at: timestamp, warnings: someWarnings })
  .meta({ id: 'EraseAnswer' });

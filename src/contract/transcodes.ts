import * as z from 'zod';
import { bitsPerSecond } from './bit-rate.ts';
import { fetchedHow, jobStatus, timestamp, warning } from './common.ts';
import { checkDestinations, destinationField } from './destinations.ts';
import { rule } from './faults/rule.ts';
import { isLadderFormat, isTextFormat, isTileFormat, TRANSCRIBED } from './formats.ts';
import { inputRequest } from './input-request.ts';
import { jobLimits, shownLimits } from './job-limits.ts';
import { nullable } from './nullable.ts';
import { MAX_OUTPUTS, outputNames } from './output-names.ts';
import {
  checkOutputs,
  isBody,
  type OutputBody,
  option,
  outputFields,
  outputRequest,
  REQUEST_FORMATS,
} from './output-request.ts';
import { failureCode, output } from './outputs.ts';
import { priority, priorityField } from './priority.ts';
import { retryField } from './retry.ts';
import { templateReference } from './template-reference.ts';
import type { JobRequest, OutputRequest } from './transcode-request.ts';
import { uploadTarget } from './upload-inputs.ts';
import { MAX_WEBHOOK_URL } from './webhooks.ts';

export const MAX_INPUTS = 10;
export const MAX_METADATA_BYTES = 8192;

export const metadataField = nullable(
  z.record(z.string(), z.unknown()).refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES, {
    error: rule(
      `has more than ${MAX_METADATA_BYTES} bytes as JSON`,
      'Send less data, or store it yourself and send its id',
    ),
  }),
).describe(`Your own data, at most ${MAX_METADATA_BYTES} bytes; returned as \`metadata.user\`.`);
export const retentionField = nullable(z.number().int().min(1)).describe(
  'Seconds for which Airlock keeps the output. It can only shorten the retention of the account and the server.',
);

export const webhookUrlField = nullable(z.string().min(1).max(MAX_WEBHOOK_URL)).describe(
  'Airlock sends the final events of this job to this URL, signed with the default secret of the account (`/v1/webhooks/secret`).',
);

/** Whether every input must be remuxed before FFmpeg reads it. */
export const disarmField = nullable(z.boolean()).describe(
  'Fail the job unless Airlock can remux the container of every input before FFmpeg reads it.',
);

export const limitsField = nullable(jobLimits).describe(
  'Limits of the job. They can only lower the limits of the account and the server.',
);

/** The fields of a create that a template can have. */
export const reusableFields = {
  outputFormat: nullable(z.enum(REQUEST_FORMATS)).describe(
    'The format of the only output; required without `outputs` and `template`.',
  ),
  ...outputFields,
  outputs: nullable(z.array(outputRequest).min(1).max(MAX_OUTPUTS)).describe(
    'Several outputs of the same inputs, instead of `output_format`. Outputs that read the inputs in the same way share one decode.',
  ),
  destination: destinationField.describe(
    'Also delivers a copy of each output there: one file to a presigned URL, or all files to the bucket of a connection. The outputs stay in Airlock until their retention ends.',
  ),
  metadata: metadataField,
  retention_seconds: retentionField,
  disarm: disarmField,
  limits: limitsField,
  priority: priorityField,
};

/** Whether a request names its outputs. */
export function namesOutput({ outputFormat, outputs }: { outputFormat?: unknown; outputs?: unknown }): boolean {
  return outputFormat !== undefined || outputs !== undefined;
}

export const createBody = z
  .object({
    inputs: z
      .array(inputRequest)
      .min(1)
      .max(MAX_INPUTS)
      .describe('Airlock joins several inputs one after the other, unless the request has `options` or `filters`.'),
    template: nullable(templateReference).describe(
      'A template, such as `airlock/web`, or one version of it, such as `web@3`. Fields that the request omits come from the template.',
    ),
    ...reusableFields,
    webhook_url: webhookUrlField,
  })
  .refine((body) => namesOutput(body) || body.template !== undefined, { path: ['outputFormat'], when: isBody })
  .superRefine(checkOutputs)
  .superRefine(checkDestinations)
  .meta({ id: 'TranscodeRequest', description: 'A job to create.' });

export type CreateBody = z.infer<typeof createBody>;

/** Returns the outputs of a request with their names. */
export function outputsOf(body: CreateBody): (OutputBody & { name: string })[] {
  const outputs = body.outputs ?? [onlyOutput(body)];
  const names = outputNames(outputs);
  return outputs.map((output, index) => ({ ...output, name: names[index]! }));
}

/** Returns the fields of the only output of a request without `outputs`, as they were sent. */
export function onlyOutput(body: Partial<OutputBody>): OutputBody {
  const { outputFormat } = body;
  const sent = OUTPUT_FIELDS.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]]));
  // Without `outputs`, the schema requires the format.
  return { outputFormat: outputFormat!, ...Object.fromEntries(sent) };
}

const OUTPUT_FIELDS = Object.keys(outputFields) as (keyof typeof outputFields)[];

/** Returns the part of the body that determines the outputs. For one output, this is the top level of the request. */
export function toJobRequest(body: Pick<CreateBody, 'inputs' | 'outputs'> & Partial<OutputBody>): JobRequest {
  const { inputs, outputs } = body;
  const request = outputs
    ? { inputs, outputs: outputs.filter(({ outputFormat }) => !isTextFormat(outputFormat)).map(toOutputRequest) }
    : { inputs, ...toOutputRequest(onlyOutput(body)) };
  return request as JobRequest;
}

const DEFAULT_SEGMENT_SECONDS = 4;

/** Converts an output of a request. The images of thumbnails and sprites are JPEG. Renditions of a ladder are encoded like MP4. */
function toOutputRequest({
  every_seconds,
  count,
  width,
  columns,
  destination: _,
  ...output
}: OutputBody): OutputRequest {
  const { outputFormat: format, ladder, segment_seconds, encryption, target, max_bitrate, ...others } = output;
  if (isLadderFormat(format)) {
    const rungs = ladder ?? 'auto';
    const segmentSeconds = segment_seconds ?? DEFAULT_SEGMENT_SECONDS;
    const settings = {
      ...{ format, rungs, segmentSeconds, isEncrypted: encryption !== undefined },
      ...(output.subtitles === TRANSCRIBED
        ? { transcribes: true }
        : output.subtitles !== undefined && { subtitles: output.subtitles }),
    };
    return {
      outputFormat: 'mp4',
      ladder: settings,
      ...(output.measure && { measure: output.measure }),
    } as OutputRequest;
  }
  if (!isTileFormat(format)) {
    const wanted = target ?? output.preset?.target;
    const maxBitRate = max_bitrate === undefined ? null : bitsPerSecond(max_bitrate);
    const searched = wanted && { metric: wanted.metric, atLeast: wanted.at_least, maxBitRate };
    return { ...others, outputFormat: format, ...(searched && { target: searched }) } as OutputRequest;
  }
  const tiles = {
    format,
    ...(every_seconds !== undefined && { everySeconds: every_seconds }),
    ...(count !== undefined && { count }),
    ...(width !== undefined && { width }),
    ...(columns !== undefined && { columns }),
  };
  return { ...others, outputFormat: 'jpg', tiles } as OutputRequest;
}

const jobInput = z
  .object({
    url: z.string().nullable().describe('As it was sent, without its query; null once the job has been erased.'),
    duration: z.number().nullable().describe('Seconds; null before it has been probed, and for a picture.'),
    format: z.string().nullable().describe('Its container; null before it has been probed.'),
    size: z.number().nullable().describe('Bytes; null before it has been probed.'),
    fetched: fetchedHow
      .nullable()
      .describe(
        'How the source was fetched from its URL: as a `whole` before FFmpeg started, `streamed` into it while it arrived, or only the `ranges` that were needed; null for other sources, or if not known yet.',
      ),
    container: z
      .enum(['rewritten', 'original'])
      .nullable()
      .describe('Whether FFmpeg reads a remuxed container or the original file; null if not known yet.'),
    upload: uploadTarget
      .nullable()
      .describe(
        'Where to send the bytes of an `upload`. Null in every response except the response that creates the job.',
      ),
  })
  .meta({ id: 'Source', description: 'A source of a job, with its known properties.' });

const ffmpegOptions = z
  .object({
    source: z.enum(['preset', 'raw_options', 'defaults']).describe('What determines how the output is encoded.'),
    options: z.array(option).describe('The options of the request; empty when it had none.'),
    preset: z
      .object({
        quality: z.string().optional().describe('As it was sent.'),
        resolution: z.string().optional().describe('As it was sent.'),
      })
      .nullable()
      .describe('The preset of the request; null when it had none.'),
  })
  .meta({ id: 'FfmpegOptions', description: 'The options of the request for a job.' });

const videoMetadata = z
  .object({
    format: z.string().nullable().describe('Its container.'),
    duration_seconds: z.number().nullable().describe('Its duration in seconds.'),
    size_bytes: z.number().nullable().describe('Its size in bytes.'),
  })
  .meta({ id: 'VideoMetadata', description: 'Properties of the first input.' });

export const job = z
  .object({
    id: z.uuid().describe('The id of the job.'),
    jobId: z.uuid().describe('The same as `id`.'),
    status: jobStatus,
    waiting_for: z
      .enum(['upload'])
      .nullable()
      .describe(
        '`upload` while a `pending` job waits for the bytes of an `upload`, before it is in the queue. Otherwise null.',
      ),
    awaiting: z
      .enum(['upload', 'children', 'delivery'])
      .nullable()
      .describe(
        'What the job awaits without occupying a slot: the bytes of its `upload`, its `children`, which encode pieces of a video, or the `delivery` of its stored outputs. Otherwise null.',
      ),
    inputs: z.array(jobInput).describe('The sources, in the order of the request.'),
    outputs: z
      .array(output)
      .describe(
        'The outputs, in the order of the request. An output is `completed` and can be downloaded as soon as it is stored, even while the job is `processing`. If the job has one output, the list is empty until this output is completed.',
      ),
    output_format: z.string().describe('The `outputFormat` of the request.'),
    output_url: z
      .string()
      .nullable()
      .describe('A `gs://` URL, usable as the input of another job; null without an output.'),
    billable_minutes: z
      .number()
      .nullable()
      .describe('Total minutes of all inputs, rounded up; null until every input has been probed.'),
    duration_seconds: z
      .number()
      .nullable()
      .describe('Total duration of all inputs in seconds; null until every input has been probed.'),
    template: z
      .string()
      .nullable()
      .describe('The version of the template that the request used, such as `web@3`; null without one.'),
    ffmpeg_options: ffmpegOptions,
    video_metadata: videoMetadata.nullable().describe('Properties of the first input; null before it has been probed.'),
    error_message: z.string().nullable().describe('One sentence for people; null unless the job failed.'),
    error_code: failureCode.nullable().describe('Why the job failed, for programs; null unless it failed.'),
    error_advice: z.string().nullable().describe('How to fix it; null unless the job failed.'),
    metadata: z
      .object({ user: z.record(z.string(), z.unknown()).nullable().describe('The `metadata` of the request.') })
      .describe('Your own data.'),
    progress: z.number().min(0).max(1).describe('From 0 to 1.'),
    speed: z.number().nullable().describe('Media seconds encoded per second; null unless the job runs.'),
    fps: z.number().nullable().describe('Frames encoded per second; null unless the job runs.'),
    eta_seconds: z.number().nullable().describe('Estimated seconds until the job ends.'),
    priority,
    queue_position: z
      .number()
      .nullable()
      .describe(
        'Position of the job among all waiting jobs of its resource class, including jobs of other accounts. The next job to start has position 1. Null unless the job is waiting.',
      ),
    attempts: z.number().describe('Number of attempts.'),
    retry: retryField,
    limits: shownLimits,
    created_at: timestamp.describe('When it was accepted.'),
    updated_at: timestamp.describe('When it last changed; `since` and `until` filter by this.'),
    started_at: timestamp.nullable().describe('When its attempt began.'),
    completed_at: timestamp.nullable().describe('When it became final.'),
    expires_at: timestamp
      .nullable()
      .describe('When its outputs are deleted. Null until the job ends, because the retention starts at its end.'),
    warnings: z.array(warning).describe('What Airlock ignored or changed; empty if nothing.'),
  })
  .meta({ id: 'Job', description: 'A job and its result.' });

export type Job = z.infer<typeof job>;

/** A job on a page of a list. */
export const jobListItem = job
  .extend({
    shortened: z.boolean().meta({
      description:
        'True if the texts of this job did not fit on the page. The list then omits its metadata, warnings, error message and input URLs. Read the job to get them.',
    }),
  })
  .meta({
    id: 'JobListItem',
    description: 'A job without its options: `ffmpeg_options.options` is empty here. Read the job to get it.',
  });

export type JobListItem = z.infer<typeof jobListItem>;

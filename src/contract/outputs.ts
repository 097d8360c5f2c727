import * as z from 'zod';
import { delivery, deliveryResult } from './destinations.ts';
import { failures } from './failures.ts';
import { figures } from './quality.ts';
import { streamPlan } from './stream-plan.ts';

export const failureCode = z
  .string()
  .meta({ id: 'FailureCode', description: 'Why a job failed, for programs.', enum: Object.keys(failures) });

const codec = (of: string) => z.string().nullable().describe(`FFmpeg’s name of the ${of} codec; null without ${of}.`);

const rendition = z
  .object({
    width: z.number().describe('Pixels.'),
    height: z.number().describe('Pixels.'),
    bandwidth: z.number().describe('Peak bits per second, including audio.'),
    average_bandwidth: z.number().describe('Average bits per second, including audio.'),
    codecs: z.string().describe('Codecs of video and audio, as in RFC 6381.'),
    frame_rate: z.number().describe('Frames per second.'),
  })
  .meta({ id: 'Rendition', description: 'A rendition of a ladder.' });

/** Properties that only ladders have. */
const ladderFacts = {
  renditions: z.array(rendition).optional().describe('The renditions, largest first. Only present for ladders.'),
  encrypted: z.boolean().optional().describe('Whether the segments are encrypted. Only present for ladders.'),
};

/** The result of comparing a video with its source. */
const qualityFacts = {
  quality: figures
    .optional()
    .describe(
      'The figures of the metric of its `target`, or of the first metric of `measure`; absent without both. For a ladder, these are the figures of the largest rendition.',
    ),
  measures: z
    .array(figures)
    .optional()
    .describe('The figures of all metrics, the metric of the `target` first; absent without `target` and `measure`.'),
};

/** Properties of a completed output, as the database stores them. */
export const fileFacts = z.object({
  format: z.string().describe('The format, one of `outputFormat`.'),
  size: z.number().describe('Total size in bytes.'),
  files: z.number().optional().describe('Number of files. Only present for outputs of many files.'),
  duration_seconds: z.number().nullable().describe('Duration of the output in seconds; null for a picture.'),
  width: z.number().nullable().describe('Pixels; null without video.'),
  height: z.number().nullable().describe('Pixels; null without video.'),
  video_codec: codec('video'),
  audio_codec: codec('audio'),
  sha256: z.string().describe('SHA-256 of the bytes, or of the list of files, 64 hex digits.'),
  plan: z
    .object({
      video: streamPlan.nullable().describe('Null without video.'),
      audio: streamPlan.nullable().describe('Null without audio.'),
    })
    .optional()
    .describe('Which streams Airlock copied, and which it encoded.'),
  ...ladderFacts,
  ...qualityFacts,
});

export const OUTPUT_ROLES = [
  'media',
  'ladder',
  'still',
  'sprite',
  'thumbnails',
  'preview',
  'waveform',
  'text',
] as const;
export const OUTPUT_STATUSES = ['pending', 'completed', 'failed'] as const;

/** An output, in jobs and in manifests. */
export const output = z
  .object({
    name: z.string().describe('The name from the request, or the format. Pass it as `output` to downloads.'),
    role: z.enum(OUTPUT_ROLES).describe('Purpose of the output. `media` for video, audio and pictures.'),
    url: z
      .string()
      .nullable()
      .describe(
        'A `gs://` URL that you can send as the input of another job. Null unless the output is completed and is one file. Null after the job is erased, except in manifests.',
      ),
    status: z.enum(OUTPUT_STATUSES).describe('You can download `completed` outputs even if others have failed.'),
    format: z.string().describe('The format, one of `outputFormat`.'),
    size: z.number().nullable().describe('Total size in bytes; null unless the output is completed.'),
    files: z.number().nullable().describe('Number of files; null unless the output is completed.'),
    duration_seconds: z.number().nullable().describe('Duration of the output in seconds; null for a picture.'),
    width: z.number().nullable().describe('Pixels; null without video.'),
    height: z.number().nullable().describe('Pixels; null without video.'),
    video_codec: codec('video'),
    audio_codec: codec('audio'),
    sha256: z
      .string()
      .nullable()
      .describe('SHA-256 of the bytes, or of the list of files, 64 hex digits; null unless the output is completed.'),
    plan: fileFacts.shape.plan,
    ...ladderFacts,
    delivery: deliveryResult
      .nullable()
      .describe('The result of its delivery; null for an output without a destination.'),
    destination: delivery
      .optional()
      .describe('Its delivery with the place that receives it; only for an output with a destination.'),
    ...qualityFacts,
    error_code: failureCode.nullable().describe('Why the output failed, for programs; null unless it failed.'),
    error_message: z.string().nullable().describe('One sentence for people; null unless the output failed.'),
  })
  .meta({ id: 'Output', description: 'An output of a job.' });

export type OutputView = z.infer<typeof output>;

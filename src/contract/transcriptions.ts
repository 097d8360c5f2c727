import * as z from 'zod';
import { jobStatus, timestamp, warning } from './common.ts';
import { nearestName } from './faults/near-name.ts';
import { rule } from './faults/rule.ts';
import { LANGUAGES, languageCode } from './languages.ts';
import { nullable } from './nullable.ts';
import { failureCode, output } from './outputs.ts';
import { priority, priorityField } from './priority.ts';
import { retryField } from './retry.ts';
import { metadataField, retentionField, webhookUrlField } from './transcodes.ts';

export const TRANSCRIPT_FORMATS = ['srt', 'vtt', 'json'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];
export const TRANSCRIPT_TASKS = ['transcribe', 'translate'] as const;
export type TranscriptTask = (typeof TRANSCRIPT_TASKS)[number];

/** Minimum and maximum of the requested line length of captions, in columns. */
export const MIN_CAPTION_LINE = 20;
export const MAX_CAPTION_LINE = 80;

/** A language by its code or its English name. `auto` means the same as no language. */
export const languageField = nullable(
  z
    .string()
    .max(40)
    .transform((text, context): string | undefined => {
      if (text.trim().toLowerCase() === 'auto' || text.trim() === '') return undefined;
      const code = languageCode(text);
      if (code !== null) return code;
      const known = [...Object.values(LANGUAGES), ...Object.keys(LANGUAGES)];
      const near = nearestName(text, known) ?? undefined;
      context.addIssue({
        code: 'custom',
        message: rule('is not a language that Airlock knows', 'Send a code such as "en", or omit it to detect it'),
        ...(near !== undefined && { params: { near } }),
      });
      return z.NEVER;
    }),
).describe(
  'The spoken language: a code such as `en`, or an English name such as `german`. If you omit it or send `auto`, Airlock detects the language.',
);

export const transcribeBody = z
  .object({
    media_url: z
      .string()
      .min(1)
      .max(8192)
      .describe('Video or audio: a `gs://` URL of this account, or a public `https://` or `http://` URL.'),
    language: languageField,
    task: nullable(z.enum(TRANSCRIPT_TASKS)).describe(
      '`transcribe`, the default, keeps the language. `translate` translates into English.',
    ),
    output_format: nullable(z.enum(TRANSCRIPT_FORMATS)).describe('The format of the output. Defaults to `srt`.'),
    output_formats: nullable(z.array(z.enum(TRANSCRIPT_FORMATS)).min(1).max(TRANSCRIPT_FORMATS.length)).describe(
      'Several formats of the same transcript. Replaces `output_format`.',
    ),
    words: nullable(z.boolean()).describe(
      'Whether the JSON lists each word with its start and end. Defaults to false.',
    ),
    max_line: nullable(z.number().int().min(MIN_CAPTION_LINE).max(MAX_CAPTION_LINE)).describe(
      'Maximum width of a caption line in columns. Defaults to 42. A Chinese, Japanese or Korean character has two columns.',
    ),
    metadata: metadataField,
    retention_seconds: retentionField,
    priority: priorityField,
    webhook_url: webhookUrlField,
  })
  .refine(({ output_format, output_formats }) => output_format === undefined || output_formats === undefined, {
    path: ['output_formats'],
    error: rule('cannot be combined with output_format', 'Send only one of the two fields'),
  })
  .refine(({ output_formats }) => new Set(output_formats).size === (output_formats?.length ?? 0), {
    path: ['output_formats'],
    error: rule('contains a format twice', 'Send each format once'),
  })
  .meta({ id: 'TranscribeRequest', description: 'A transcription to create.' });

export type TranscribeBody = z.infer<typeof transcribeBody>;

export const transcriptionListItem = z
  .object({
    id: z.uuid().describe('The id of the job.'),
    status: jobStatus,
    media_url: z.string().nullable().describe('As it was sent, without its query; null once the job has been erased.'),
    language: z
      .string()
      .nullable()
      .describe(
        'The code of the language from the request, or of the detected language. Null until the language is known, and for media without speech.',
      ),
    task: z.enum(TRANSCRIPT_TASKS).nullable().describe('The `task` of the request; null once the job has been erased.'),
    output_format: z.enum(TRANSCRIPT_FORMATS).describe('The format of the first output.'),
    output_url: z.string().nullable().describe('A `gs://` URL of the first output; null without an output.'),
    outputs: z
      .array(output)
      .describe('The outputs. If the job has one output, the list is empty until the job is completed.'),
    duration_seconds: z
      .number()
      .nullable()
      .describe('Duration of the media in seconds; null until the job is completed.'),
    progress: z.number().min(0).max(1).describe('From 0 to 1.'),
    eta_seconds: z.number().nullable().describe('Estimated seconds until the job ends.'),
    attempts: z.number().describe('Number of attempts.'),
    retry: retryField,
    priority,
    error_message: z.string().nullable().describe('One sentence for people; null unless the job failed.'),
    error_code: failureCode.nullable().describe('Why the job failed, for programs; null unless it failed.'),
    error_advice: z.string().nullable().describe('How to fix it; null unless the job failed.'),
    metadata: z
      .object({ user: z.record(z.string(), z.unknown()).nullable().describe('The `metadata` of the request.') })
      .describe('Your own data.'),
    created_at: timestamp.describe('When it was accepted.'),
    updated_at: timestamp.describe('When it last changed; `since` and `until` filter by this.'),
    started_at: timestamp.nullable().describe('When its attempt began.'),
    completed_at: timestamp.nullable().describe('When it became final.'),
    expires_at: timestamp.nullable().describe('When its outputs are deleted.'),
    warnings: z.array(warning).describe('What Airlock ignored or changed; empty if nothing.'),
  })
  .meta({ id: 'TranscriptionItem', description: 'A transcription in a list.' });

export const transcription = transcriptionListItem.meta({
  id: 'Transcription',
  description: 'A transcription and its result.',
});

export type Transcription = z.infer<typeof transcription>;

import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';
import { rule } from './faults/rule.ts';
import { contentTypeOfName, UPLOAD_CONTENT_TYPES, type UploadContentType } from './formats.ts';
import { MAX_PARTS_UPLOAD_BYTES, MAX_UPLOAD_BYTES, MAX_UPLOAD_PARTS } from './limits.ts';

/*
 * The message of each rule is an error code of errors.ts. If several rules fail, the API responds with the first error in
 * UPLOAD_ERROR_ORDER, because the contract fixes the order of the checks.
 */
export const UPLOAD_ERROR_ORDER = [
  'missing_upload_fields',
  'missing_confirm_fields',
  'invalid_file_size',
  'invalid_file_type',
] as const;

const isMissing = (value: unknown) => value === undefined || value === null || value === '';

/** Returns the schema of a number of bytes. 0 is invalid rather than missing: only undefined, null and "" are missing. */
export function uploadFileSize(missing: string, most: number) {
  return (
    z
      .number({ error: (issue) => (isMissing(issue.input) ? missing : 'invalid_file_size') })
      // `int()` would report an integer above 2^53 as invalid instead of too large.
      .refine(Number.isInteger, 'invalid_file_size')
      .min(1, 'invalid_file_size')
      .meta({ type: 'integer', maximum: most })
  );
}

/** Returns the schema of a required text. A value of another type is invalid rather than missing. */
function requiredText(missing: string) {
  return z.string({ error: ({ input }) => (isMissing(input) ? missing : undefined) }).min(1, missing);
}

const DECLARED = [...UPLOAD_CONTENT_TYPES, ''] as [UploadContentType, ...UploadContentType[], ''];

const declaredType = z
  .string({ error: ({ input }) => (isMissing(input) ? 'missing_upload_fields' : 'invalid_file_type') })
  .pipe(z.enum(DECLARED, 'invalid_file_type'))
  .meta({
    description:
      'The type of the file. If it is empty, as browsers send it for unknown types, Airlock uses the extension of `filename`.',
    enum: DECLARED,
  });

/** The fields of a file to upload. Combine them with `requireKnownType`. */
export const fileFields = {
  filename: requiredText('missing_upload_fields').max(4096).describe('The name of the file, for people.'),
  contentType: declaredType,
};

/** Rejects an empty type unless the extension of the file name is known. */
export function requireKnownType<T extends z.ZodType<{ filename: string; contentType: string }>>(schema: T): T {
  return schema.refine(({ contentType, filename }) => contentType !== '' || contentTypeOfName(filename) !== null, {
    path: ['contentType'],
    error: 'invalid_file_type',
  });
}

export const presignBody = requireKnownType(
  z.object(
    {
      ...fileFields,
      fileSize: uploadFileSize('missing_upload_fields', MAX_UPLOAD_BYTES).describe(
        'The exact size of the file in bytes.',
      ),
    },
    'missing_upload_fields',
  ),
).meta({ id: 'PresignRequest', description: 'A file to upload.' });

export const furtherHeaders = z
  .record(z.string(), z.string())
  .optional()
  .describe('Headers to send in addition to `Content-Type`; only if the storage requires any.');

const signedType = z
  .string()
  .optional()
  .describe('The `Content-Type` to send, if the request declared none; otherwise absent.');

export const presignAnswer = z
  .object({
    success: z.literal(true).describe('Always true.'),
    result: z
      .object({
        uploadUrl: z.url().describe('PUT the bytes here, with the declared content type and no Authorization header.'),
        headers: furtherHeaders,
        contentType: signedType,
        filename: z.string().describe('The name that identifies the upload in later requests.'),
        expiresAt: timestamp.describe('When the URL expires.'),
      })
      .meta({ id: 'PresignResult', description: 'A signed URL for one upload.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'PresignAnswer', description: 'Where to send a file.' });

/** Names of the fields of a part, each with the name that S3 and its clients use. */
const PART_FIELDS = [
  ['partNumber', 'PartNumber'],
  ['etag', 'ETag'],
] as const;

const sentNumber = z.number().int().min(1).max(MAX_UPLOAD_PARTS).nullish();
const sentEtag = z.string().min(1).max(200).nullish();

/**
 * A part needs each field under one of its names. Uppy sends both `ETag` and `etag`, because it adds the headers of the response to a part,
 * so the same value under both names is accepted. `readSentPart` reads either name.
 */
const sentPart = z
  .object({
    partNumber: sentNumber.describe('The number of the part. Clients of S3 can send it as `PartNumber`.'),
    etag: sentEtag.describe('The `ETag` that its PUT returned. Clients of S3 can send it as `ETag`.'),
    PartNumber: sentNumber.describe('An alias of `partNumber`, as clients of S3 name it.'),
    ETag: sentEtag.describe('An alias of `etag`, as clients of S3 name it.'),
  })
  .superRefine((part, context) => {
    for (const [name, alias] of PART_FIELDS) {
      const [value, other] = [part[name] ?? null, part[alias] ?? null];
      if (value === null && other === null) {
        context.addIssue({ code: 'custom', path: [name], message: 'missing' });
      } else if (value !== null && other !== null && value !== other) {
        const message = rule(`differs from ${name}`, `Send ${name} or ${alias}, not both`);
        context.addIssue({ code: 'custom', path: [alias], message });
      }
    }
  })
  .meta({ id: 'SentPart', description: 'A part that has been sent.', required: ['partNumber', 'etag'] });

export interface ListedPart {
  partNumber: number;
  etag: string;
}

/** Returns the number and the ETag of a part. The schema requires each field under one of its names. */
export function readSentPart(part: z.infer<typeof sentPart>): ListedPart {
  return { partNumber: (part.partNumber ?? part.PartNumber)!, etag: (part.etag ?? part.ETag)! };
}

export const confirmBody = z
  .object(
    {
      filename: requiredText('missing_confirm_fields').max(4096).describe('The `filename` that the presign returned.'),
      fileSize: uploadFileSize('missing_confirm_fields', MAX_PARTS_UPLOAD_BYTES).describe('The number of bytes sent.'),
      uploadId: z.string().max(1024).nullish().describe('The `upload_id` of an upload in parts.'),
      parts: z
        .array(sentPart)
        .max(MAX_UPLOAD_PARTS)
        .nullish()
        .describe(
          'Every part of an upload in parts, in ascending order. If absent, Airlock uses every part it has received.',
        ),
    },
    'missing_confirm_fields',
  )
  .meta({ id: 'ConfirmRequest', description: 'An upload that has been sent.' });

export const uploadMetadata = z
  .object({
    duration_seconds: z.number().nullable().describe('Seconds; null for a picture or subtitles.'),
    format: z.string().nullable().describe('Its container.'),
    size_bytes: z.number().describe('Bytes.'),
    video_codec: z.string().nullable().describe('FFmpeg’s name of the video codec; null without video.'),
    audio_codec: z.string().nullable().describe('FFmpeg’s name of the audio codec; null without audio.'),
    width: z.number().nullable().describe('Pixels as displayed; null without video.'),
    height: z.number().nullable().describe('Pixels as displayed; null without video.'),
    fps: z
      .number()
      .nullable()
      .describe('Frames per second while the picture changes; null for stills and without video.'),
  })
  .meta({ id: 'MediaMetadata', description: 'Properties of a media file.' });

export const confirmAnswer = z
  .object({
    success: z.literal(true).describe('Always true.'),
    result: z
      .object({
        fileUrl: z.string().describe('The `url` of an input that uses this upload.'),
        gcsUrl: z.string().describe('The same.'),
        filename: z.string().describe('The name of the upload.'),
        fileSize: z.number().describe('Bytes.'),
        size: z.number().describe('The same.'),
        uploadedAt: timestamp.describe('When it was confirmed.'),
        metadata: uploadMetadata,
      })
      .meta({ id: 'ConfirmResult', description: 'A sealed upload.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'ConfirmAnswer', description: 'An upload that can no longer be changed.' });

export type PresignBody = z.infer<typeof presignBody>;
export type ConfirmBody = z.infer<typeof confirmBody>;
export type UploadMetadata = z.infer<typeof uploadMetadata>;
export type ConfirmResult = z.infer<typeof confirmAnswer>['result'];
export type PresignResult = z.infer<typeof presignAnswer>['result'];

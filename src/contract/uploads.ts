import { z } from 'zod';
import { someWarnings, timestamp } from './common.ts';
import { UPLOAD_CONTENT_TYPES } from './formats.ts';
import { MAX_UPLOAD_BYTES } from './limits.ts';

/*
 * The message of each rule is an error code of errors.ts. Where several rules fail, the API answers with the first
 * in UPLOAD_ERROR_ORDER: the contract fixes the order of the checks.
 */
export const UPLOAD_ERROR_ORDER = [
  'missing_upload_fields',
  'missing_confirm_fields',
  'invalid_file_size',
  'invalid_file_type',
  'file_too_large',
] as const;

// 0 is invalid, not missing: only undefined, null and "" are missing.
function fileSize(missing: string) {
  const isMissing = (value: unknown) => value === undefined || value === null || value === '';
  return (
    z
      .number({ error: (issue) => (isMissing(issue.input) ? missing : 'invalid_file_size') })
      // Not int(): that calls a whole number beyond 2^53 invalid, where it is too large.
      .refine(Number.isInteger, 'invalid_file_size')
      .min(1, 'invalid_file_size')
      .max(MAX_UPLOAD_BYTES, 'file_too_large')
      .meta({ type: 'integer' })
  );
}

function requiredText(missing: string) {
  return z.string(missing).min(1, missing);
}

export const presignBody = z
  .object(
    {
      filename: requiredText('missing_upload_fields').max(4096),
      contentType: requiredText('missing_upload_fields').pipe(z.enum(UPLOAD_CONTENT_TYPES, 'invalid_file_type')),
      fileSize: fileSize('missing_upload_fields'),
    },
    'missing_upload_fields',
  )
  .meta({ id: 'PresignRequest' });

export const presignAnswer = z
  .object({
    success: z.literal(true),
    result: z.object({
      uploadUrl: z.url(),
      filename: z.string(),
      expiresAt: timestamp,
    }),
    warnings: someWarnings,
  })
  .meta({ id: 'PresignAnswer' });

export const confirmBody = z
  .object(
    {
      filename: requiredText('missing_confirm_fields').max(4096),
      fileSize: fileSize('missing_confirm_fields'),
      uploadId: z.string().nullish(),
    },
    'missing_confirm_fields',
  )
  .meta({ id: 'ConfirmRequest' });

export const uploadMetadata = z
  .object({
    duration_seconds: z.number().nullable(),
    format: z.string().nullable(),
    size_bytes: z.number(),
    video_codec: z.string().nullable(),
    audio_codec: z.string().nullable(),
    width: z.number().nullable(),
    height: z.number().nullable(),
    fps: z.number().nullable(),
  })
  .meta({ id: 'MediaMetadata' });

export const confirmAnswer = z
  .object({
    success: z.literal(true),
    result: z.object({
      fileUrl: z.string(),
      gcsUrl: z.string(),
      filename: z.string(),
      fileSize: z.number(),
      size: z.number(),
      uploadedAt: timestamp,
      metadata: uploadMetadata,
    }),
    warnings: someWarnings,
  })
  .meta({ id: 'ConfirmAnswer' });

export type PresignBody = z.infer<typeof presignBody>;
export type ConfirmBody = z.infer<typeof confirmBody>;
export type UploadMetadata = z.infer<typeof uploadMetadata>;
export type ConfirmResult = z.infer<typeof confirmAnswer>['result'];
export type PresignResult = z.infer<typeof presignAnswer>['result'];

import * as z from 'zod';
import { timestamp } from './common.ts';
import { MAX_PARTS_UPLOAD_BYTES, PART_BYTES } from './limits.ts';
import { partUrl } from './multipart.ts';
import { nullable } from './nullable.ts';
import { fileFields, requireKnownType, uploadFileSize } from './uploads.ts';

/* Uploads that a request creates together with their job. The job starts when the bytes of the uploads have arrived. */

/**
 * Maximum bytes of a file that is uploaded with one PUT. Larger files are uploaded in parts, so that a broken connection costs only one
 * part.
 */
export const PARTS_FROM_BYTES = 64 * 2 ** 20;

export const uploadInput = requireKnownType(
  z.object(
    {
      ...fileFields,
      fileSize: uploadFileSize('missing_upload_fields', MAX_PARTS_UPLOAD_BYTES).describe(
        'The exact size of the file in bytes.',
      ),
      partSize: nullable(z.number().int().min(PART_BYTES.least).max(PART_BYTES.most)).describe(
        'Bytes of every part but the last, for a file above 64 MiB. If absent, Airlock chooses 5 MiB if the job can start before the upload is complete, and otherwise at least 8 MiB.',
      ),
    },
    'missing_upload_fields',
  ),
).meta({ id: 'NewUpload', description: 'A file that you upload after the request.' });
export type UploadInput = z.infer<typeof uploadInput>;

const filename = z.string().describe('Name of the upload, for example for a confirm request.');

const onePut = z
  .object({
    method: z.literal('PUT').describe('Always `PUT`.'),
    url: z
      .url()
      .describe('Send the bytes here, without an Authorization header. The URL accepts exactly the declared size.'),
    headers: z.record(z.string(), z.string()).describe('Send each of these headers.'),
    filename,
    expires_at: timestamp.describe('When the URL expires.'),
  })
  .meta({ id: 'UploadTarget', description: 'Where to send a file with one PUT.' });

const inParts = z
  .object({
    uploadId: z.uuid().describe('Identifies the upload in parts, for `/v1/upload/multipart/{uploadId}`.'),
    filename,
    partSize: z.number().describe('Bytes of every part but the last.'),
    partCount: z.number().describe('Number of parts.'),
    parts: z
      .array(partUrl)
      .describe('URLs of the first parts. Request others with `/v1/upload/multipart/{uploadId}/parts`.'),
    expires_at: timestamp.describe('When the URLs expire. Then request new URLs.'),
  })
  .meta({ id: 'UploadPartsTarget', description: 'Where to send the parts of a file above 64 MiB.' });

/** Where to send the bytes of an upload that a job awaits. */
export const uploadTarget = z.union([onePut, inParts]);
export type UploadTarget = z.infer<typeof uploadTarget>;

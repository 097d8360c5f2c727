import * as z from 'zod';
import { deletedFields, someWarnings, timestamp } from './common.ts';
import { MAX_PARTS_UPLOAD_BYTES, MAX_UPLOAD_PARTS, PART_BYTES } from './limits.ts';
import { UPLOAD_STATUSES } from './upload-list.ts';
import { fileFields, furtherHeaders, requireKnownType, uploadFileSize } from './uploads.ts';

/** Maximum number of URLs of parts in one response. */
export const PART_URLS = 100;

const partNumber = z.number().int().min(1).max(MAX_UPLOAD_PARTS).describe('The number of the part, from 1.');
const uploadId = z.uuid().describe('Identifies the upload in parts.');
const filename = z.string().describe('The name that identifies the upload in later requests.');
const partSize = z.number().describe('Bytes of every part but the last.');
const success = z.literal(true).describe('Always true.');

/** The id in a path. It has no format, because an id that is not a UUID is a 404 like any other unknown id. */
export const multipartParams = z.object({ uploadId: z.string().describe('The `uploadId` of the upload, a UUID.') });

export const multipartBody = requireKnownType(
  z.object(
    {
      ...fileFields,
      fileSize: uploadFileSize('missing_upload_fields', MAX_PARTS_UPLOAD_BYTES).describe(
        'The exact number of bytes of all parts.',
      ),
      partSize: z
        .number()
        .int()
        .min(PART_BYTES.least)
        .max(PART_BYTES.most)
        .nullish()
        .describe('Bytes of every part but the last. If absent, Airlock chooses at least 8 MiB.'),
    },
    'missing_upload_fields',
  ),
).meta({ id: 'MultipartRequest', description: 'A file to upload in parts.' });
export type MultipartBody = z.infer<typeof multipartBody>;

export const partUrl = z
  .object({
    partNumber,
    url: z.url().describe('PUT the bytes of the part here, without an Authorization header.'),
    headers: furtherHeaders,
    size: z.number().describe('Size of the part in bytes. The URL accepts exactly this size.'),
  })
  .meta({ id: 'PartUrl', description: 'A signed URL for one part.' });
export type PartUrl = z.infer<typeof partUrl>;

const urlsExpireAt = timestamp.describe('When the URLs expire. Request new URLs after that.');

export const multipartAnswer = z
  .object({
    success,
    result: z
      .object({
        uploadId,
        filename,
        partSize,
        partCount: z.number().describe('Number of parts.'),
        parts: z.array(partUrl).describe(`URLs of the first ${PART_URLS} parts.`),
        expiresAt: urlsExpireAt,
      })
      .meta({ id: 'MultipartResult', description: 'An upload in parts that has begun.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'MultipartAnswer', description: 'Where to send the parts.' });
export type MultipartResult = z.infer<typeof multipartAnswer>['result'];

export const partsBody = z
  .object({
    partNumbers: z.array(partNumber).min(1).max(PART_URLS).describe('The parts for which to sign URLs.'),
  })
  .meta({ id: 'PartUrlsRequest', description: 'Parts to send.' });

export const partsAnswer = z
  .object({
    success,
    result: z
      .object({ parts: z.array(partUrl).describe('In the order of the request.'), expiresAt: urlsExpireAt })
      .meta({ id: 'PartUrls', description: 'Signed URLs for parts.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'PartUrlsAnswer', description: 'Where to send these parts.' });

export const multipartView = z
  .object({
    success,
    result: z
      .object({
        uploadId,
        filename,
        fileSize: z.number().describe('Bytes of all parts.'),
        partSize,
        partCount: z.number().describe('Number of parts.'),
        status: z.enum(UPLOAD_STATUSES).describe('`pending` until it is confirmed.'),
        parts: z
          .array(
            z
              .object({
                partNumber,
                etag: z.string().describe('Identifies the bytes that arrived, as in the `ETag` of the PUT.'),
                size: z.number().describe('Bytes.'),
              })
              .meta({ id: 'ArrivedPart', description: 'A part that is complete.' }),
          )
          .describe('Parts that have arrived, by number. Empty once the upload is confirmed.'),
        expiresAt: timestamp.describe('When the upload and its parts are deleted unless it is confirmed.'),
      })
      .meta({ id: 'MultipartState', description: 'The state of an upload in parts.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'MultipartView', description: 'An upload in parts.' });
export type MultipartState = z.infer<typeof multipartView>['result'];

export const multipartDeleted = z
  .object({
    ...deletedFields('multipart_upload'),
    success,
    result: z.object({ uploadId }).meta({ id: 'DeletedMultipart', description: 'The deleted upload.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'MultipartDeleted', description: 'An upload in parts that has been deleted with its parts.' });

import * as z from 'zod';
import { deletedFields, someWarnings, timestamp } from './common.ts';
import { afterField, nextField, notBoth } from './lists.ts';
import { uploadMetadata } from './uploads.ts';

/** States of an upload that clients see. Requests for a deleted upload return 404. */
export const UPLOAD_STATUSES = ['pending', 'confirming', 'confirmed'] as const;

export const uploadsQuery = notBoth(
  z.object({
    status: z.enum(UPLOAD_STATUSES).optional().describe('Only uploads with this status.'),
    page: z.coerce.number().int().min(1).max(10_000).default(1).describe('Page, from 1.'),
    limit: z.coerce.number().int().min(1).max(100).default(20).describe('Number of uploads per page.'),
    after: afterField,
  }),
);
export type UploadsQuery = z.infer<typeof uploadsQuery>;

/** The name in a path. It has no format, because requests for unknown names return 404. */
export const uploadParams = z.object({ filename: z.string().describe('The `filename` of the upload.') });

export const uploadView = z
  .object({
    filename: z.string().describe('The name of the upload.'),
    originalFilename: z.string().describe('The name that was sent.'),
    status: z
      .enum(UPLOAD_STATUSES)
      .describe('`pending` until it is confirmed, `confirming` while it is inspected, then `confirmed`.'),
    contentType: z.string().describe('The type that was declared.'),
    fileSize: z.number().describe('The declared size in bytes. A confirmed upload has exactly this size.'),
    fileUrl: z.string().nullable().describe('The `url` of an input that uses this upload; null until it is confirmed.'),
    createdAt: timestamp.describe('When its URL was requested.'),
    uploadedAt: timestamp.nullable().describe('When it was confirmed.'),
    expiresAt: timestamp.describe(
      'When Airlock deletes it, unless an open job needs it. Each job that uses the upload postpones this time.',
    ),
    uploadTokenId: z
      .string()
      .nullable()
      .describe(
        'The `id` of the upload token with which the upload was started. Null if the upload was started without a token.',
      ),
    metadata: uploadMetadata.nullable().describe('Properties of the file; null until it is confirmed.'),
  })
  .meta({ id: 'Upload', description: 'An upload of the account.' });
export type UploadView = z.infer<typeof uploadView>;

const success = z.literal(true).describe('Always true.');

export const uploadList = z
  .object({
    success,
    result: z
      .object({
        items: z.array(uploadView).describe('Newest first.'),
        page: z.number().describe('The page.'),
        limit: z.number().describe('Number of uploads per page.'),
        total: z.number().describe('Number of uploads on all pages.'),
        next: nextField,
      })
      .meta({ id: 'UploadPage', description: 'A page of uploads.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'UploadList', description: 'A page of uploads.' });

export const uploadAnswer = z
  .object({ success, result: uploadView, warnings: someWarnings })
  .meta({ id: 'UploadAnswer', description: 'One upload.' });

export const uploadDeleted = z
  .object({
    ...deletedFields('upload'),
    success,
    result: z
      .object({ filename: z.string().describe('The name that the upload had.') })
      .meta({ id: 'DeletedUpload', description: 'The deleted upload.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'UploadDeleted', description: 'An upload whose bytes have been deleted.' });

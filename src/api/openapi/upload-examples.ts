import type { MultipartResult, MultipartState } from '../../contract/multipart.ts';
import type { UploadView } from '../../contract/upload-list.ts';
import type { UploadMetadata } from '../../contract/uploads.ts';
import { AT, FILE, ID, LATER } from './example-values.ts';

/** Properties that the inspection found in the file of all examples. */
export const CLIP: UploadMetadata = {
  duration_seconds: 90,
  format: 'mov,mp4,m4a,3gp,3g2,mj2',
  size_bytes: 52_428_800,
  video_codec: 'h264',
  audio_codec: 'aac',
  width: 1920,
  height: 1080,
  fps: 25,
};

const upload: UploadView = {
  filename: FILE,
  originalFilename: 'interview-raw.mp4',
  status: 'confirmed',
  contentType: 'video/mp4',
  fileSize: 52_428_800,
  fileUrl: `gs://airlock/${FILE}`,
  createdAt: AT,
  uploadedAt: LATER,
  expiresAt: '2026-05-23T14:31:07.000Z',
  uploadTokenId: null,
  metadata: CLIP,
};

const EXPIRES = '2026-05-22T15:30:45.000Z';
const SIZES = { fileSize: 12_000_000, partSize: 8_388_608, partCount: 2 };
const SIGNED = 'https://storage.example.org/airlock/sealed/a?uploadId=0f&X-Amz-Expires=3600&X-Amz-Signature=0f';
const part = { partNumber: 1, url: `${SIGNED}&partNumber=1`, size: 8_388_608 };
const begun: MultipartResult = {
  uploadId: ID,
  filename: FILE,
  partSize: SIZES.partSize,
  partCount: 2,
  parts: [part, { partNumber: 2, url: `${SIGNED}&partNumber=2`, size: 3_611_392 }],
  expiresAt: EXPIRES,
};
const state: MultipartState = {
  ...{ uploadId: ID, filename: FILE, ...SIZES, status: 'pending' },
  parts: [{ partNumber: 1, etag: '"9f86d081884c7d65"', size: 8_388_608 }],
  expiresAt: '2026-05-23T13:30:45.000Z',
};
const success = true;

/** Examples of uploads, by the name of their schema. */
export const UPLOAD_EXAMPLES: Readonly<Record<string, unknown>> = {
  UploadList: { success: true, result: { items: [upload], page: 1, limit: 20, total: 1, next: null } },
  UploadAnswer: { success: true, result: upload },
  MultipartRequest: { filename: 'interview-raw.mp4', contentType: 'video/mp4', fileSize: SIZES.fileSize },
  MultipartAnswer: { success, result: begun },
  PartUrlsRequest: { partNumbers: [1] },
  PartUrlsAnswer: { success, result: { parts: [part], expiresAt: EXPIRES } },
  MultipartView: { success, result: state },
  MultipartDeleted: {
    id: ID,
    object: 'multipart_upload',
    deleted: true,
    success,
    result: { uploadId: ID },
  },
  UploadTokenRequest: {
    max_bytes: 500_000_000,
    content_types: ['video/mp4', 'video/quicktime'],
    max_files: 3,
    origin: 'https://app.example.com',
  },
  UploadToken: { id: ID, token: 'al_upload_…', expires_at: EXPIRES },
  UploadDeleted: { id: FILE, object: 'upload', deleted: true, success: true, result: { filename: FILE } },
};

import type { UploadView } from '../../contract/upload-list.ts';

const FILE = '20260522-143045-interview-raw.mp4';

const upload: UploadView = {
  filename: FILE,
  originalFilename: 'interview-raw.mp4',
  status: 'confirmed',
  contentType: 'video/mp4',
  fileSize: 52_428_800,
  fileUrl: `gs://airlock/${FILE}`,
  createdAt: '2026-05-22T14:30:45.000Z',
  uploadedAt: '2026-05-22T14:31:07.000Z',
  expiresAt: '2026-05-23T14:31:07.000Z',
  metadata: {
    duration_seconds: 90,
    format: 'mov,mp4,m4a,3gp,3g2,mj2',
    size_bytes: 52_428_800,
    video_codec: 'h264',
    audio_codec: 'aac',
    width: 1920,
    height: 1080,
    fps: 25,
  },
};

/** Examples of uploads, by the name of their schema. */
export const UPLOAD_EXAMPLES: Readonly<Record<string, unknown>> = {
  UploadList: { success: true, result: { items: [upload], page: 1, limit: 20, total: 1 } },
  UploadAnswer: { success: true, result: upload },
  UploadDeleted: { success: true, result: { filename: FILE } },
};

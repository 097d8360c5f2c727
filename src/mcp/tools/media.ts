import { probeBody } from '../../contract/probe.ts';
import { confirmBody, presignBody } from '../../contract/uploads.ts';
import { CREATES, defineBodyTool, READS, type Tool } from '../tool.ts';

/** Tools that upload files and describe their contents. */
export const MEDIA_TOOLS: readonly Tool[] = [
  defineBodyTool({
    name: 'request_upload_url',
    title: 'Start an upload',
    description:
      'Get a signed URL to upload a file. PUT the bytes to the URL with the same Content-Type, then call confirm_upload with the `filename` of this result.',
    input: presignBody,
    annotations: { ...CREATES, openWorldHint: false },
    path: '/v1/upload/presigned-url',
  }),
  defineBodyTool({
    name: 'confirm_upload',
    title: 'Finish an upload',
    description:
      'Finish an upload after you have sent its bytes. Returns the `fileUrl` to use as an input of a job, and the properties of the file.',
    input: confirmBody,
    annotations: { ...CREATES, idempotentHint: true, openWorldHint: false },
    path: '/v1/upload/confirm',
  }),
  defineBodyTool({
    name: 'probe',
    title: 'Describe a file',
    description:
      'Describe a file: its container, its duration, and each video and audio stream. Airlock fetches only parts of a remote file, and keeps nothing.',
    input: probeBody,
    annotations: { ...READS, openWorldHint: true },
    path: '/v1/probe',
  }),
];

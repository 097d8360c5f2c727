import { type CreateBody, createBody, job, jobListItem } from '../../contract/transcodes.ts';
import type { CreateRequest, ShownKind } from '../kind.ts';
import type { TranscodeSubmission } from './admit.ts';
import { listedJobs } from './list.ts';
import { readTranscode, viewSubmitted } from './view.ts';

/** The part of transcodes that clients see. Its names and texts are older than the pattern of other kinds. */
export const shown = {
  path: 'transcodes',
  description: 'Jobs.',
  operation: 'Transcode',
  operationIds: { receipt: 'getReceipt' },
  nouns: { one: 'job', many: 'jobs' },
  outputErrors: {
    running: 'transcode_not_completed',
    failed: 'transcode_failed',
    canceled: 'transcode_canceled',
    absent: 'no_output',
  },
  tools: {
    create: {
      name: 'transcode_video',
      title: 'Transcode',
      description:
        'Start a job that turns one or more sources into one or more outputs: video, sound or pictures. Sources are `https://` URLs, the `fileUrl` of an upload, or an `upload`, which describes a file. For an `upload`, `inputs[].upload` of the result states where to PUT the bytes, and the job starts when they have arrived. Returns the job at once. Follow it with get_transcode, or use transcode_and_wait instead.',
    },
    createAndWait: { name: 'transcode_and_wait', title: 'Transcode and wait', listing: 'listed' },
    list: { name: 'list_transcodes', listing: 'listed for all kinds' },
    cancel: { listing: 'listed for all kinds' },
    erase: { listing: 'listed for all kinds' },
    download: { name: 'get_download_url', listing: 'listed for all kinds' },
    files: { listing: 'listed for all kinds' },
  },
  descriptions: {
    list: 'Jobs in a list omit their options. A page contains at most 512 KiB of metadata, warnings, error messages and URLs; jobs beyond that have `shortened: true` and omit them.',
    cancel:
      'Stops a waiting or running job, and deletes the outputs that it has completed. FFmpeg ends within a second. Returns 400 if the job is already final.',
  },
  schemas: { create: createBody, job, item: jobListItem },
  schemaPrefix: '',
  createErrors: [
    ...(['template_not_found', 'connection_not_found', 'option_refused', 'transcription_not_configured'] as const),
    ...(['source_not_owned', 'source_deleted', 'source_refused'] as const),
  ],
  toRequest: ({ body, sent, warnings }: CreateRequest): TranscodeSubmission => ({
    body: body as CreateBody,
    sent,
    warnings,
  }),
  viewSubmitted,
  read: readTranscode,
  list: listedJobs,
} satisfies ShownKind<TranscodeSubmission>;

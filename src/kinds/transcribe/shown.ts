import { TRANSCRIPTION_EXAMPLES } from '../../contract/transcription-examples.ts';
import {
  type TranscribeBody,
  transcribeBody,
  transcription,
  transcriptionListItem,
} from '../../contract/transcriptions.ts';
import type { CreateRequest, ShownKind } from '../kind.ts';
import type { TranscribeSubmission } from './admit.ts';
import { listTranscriptions, readTranscription, viewSubmitted } from './view.ts';

/** The view of transcriptions for clients. The paths and the names of tools are the same as in the hosted service. */
export const shown = {
  path: 'transcribe',
  listPath: 'transcribes',
  description: 'Transcripts and captions of speech. Airlock makes them on this server.',
  operation: 'Transcription',
  nouns: { one: 'transcription', many: 'transcriptions' },
  outputErrors: { running: 'transcribe_not_completed' },
  tools: {
    create: {
      name: 'transcribe_audio',
      title: 'Transcribe',
      description:
        'Start a job that transcribes the speech of a video or audio file as SRT, WebVTT or JSON. Follow it with get_transcribe.',
    },
    createAndWait: { name: 'transcribe_audio_and_wait', title: 'Transcribe and wait' },
    get: { name: 'get_transcribe' },
    list: { name: 'list_transcribes' },
    cancel: { name: 'cancel_transcribe' },
    erase: { name: 'erase_transcribe' },
    download: { name: 'get_transcribe_download', title: 'Get a link to captions', listing: 'listed' },
    files: { name: 'list_transcribe_files' },
  },
  descriptions: {
    create:
      'Returns the job immediately. The job starts when a worker with a speech model is free. Returns 501 `transcription_not_configured` if no worker has a speech model. With `wait`, Airlock responds when the job is final. Send an `Idempotency-Key` so that a retry creates no second job.',
  },
  schemas: { create: transcribeBody, job: transcription, item: transcriptionListItem },
  schemaPrefix: 'Transcription',
  examples: TRANSCRIPTION_EXAMPLES,
  createErrors: [
    ...(['transcription_not_configured', 'connection_not_found'] as const),
    ...(['source_not_owned', 'source_deleted', 'source_refused'] as const),
  ],
  toRequest: ({ body, warnings }: CreateRequest): TranscribeSubmission => ({ body: body as TranscribeBody, warnings }),
  viewSubmitted,
  read: readTranscription,
  list: listTranscriptions,
} satisfies ShownKind<TranscribeSubmission>;

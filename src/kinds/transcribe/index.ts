import { TRANSCRIBE } from '../../attempt/speech/transcription-request.ts';
import type { Kind } from '../kind.ts';
import { admitTranscription, type TranscribeSubmission } from './admit.ts';
import { shown } from './shown.ts';

/** The kind of the jobs that transcribe speech with a recognizer in a cell. Long media is recognized in pieces, which are child jobs. */
export const transcribe: Kind<TranscribeSubmission> = {
  name: TRANSCRIBE,
  events: { prefix: 'transcription' },
  shown,
  admit: admitTranscription,
  load: async () => (await import('./execute.ts')).executeTranscription,
};

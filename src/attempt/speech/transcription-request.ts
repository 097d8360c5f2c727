import * as z from 'zod';
import { TRANSCRIPT_FORMATS, TRANSCRIPT_TASKS } from '../../contract/transcriptions.ts';
import { storedJson } from '../../database/stored-json.ts';

/** The kind of job that transcribes media. */
export const TRANSCRIBE = 'transcribe';

const request = z.object({
  /** Null to detect the language. */
  language: z.string().nullable(),
  task: z.enum(TRANSCRIPT_TASKS),
  /** Whether the JSON output lists words. */
  words: z.boolean(),
  /** Maximum number of columns in a line of captions. */
  maxLine: z.number(),
  /** Whether every input must be remuxed before FFmpeg reads it. */
  disarm: z.boolean(),
});

export type TranscriptionRequest = z.infer<typeof request>;
/** The stored, sealed form of a request. It contains everything except the URL. */
export const transcriptionJson = storedJson('request of a transcription', 1, request);

/** The facts that lists of jobs show, which are not sealed. */
export const transcriptionFacts = storedJson(
  'facts of a transcription',
  1,
  z.object({ output_format: z.enum(TRANSCRIPT_FORMATS) }),
);

/** The stored, sealed result of a transcription: the detected language. */
export const transcriptionResult = storedJson(
  'result of a transcription',
  1,
  z.object({ language: z.string().nullable() }),
);

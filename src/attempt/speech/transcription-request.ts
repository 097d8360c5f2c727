import * as z from 'zod';
import { TRANSCRIPT_FORMATS, TRANSCRIPT_TASKS } from '../../contract/transcriptions.ts';
import { storedJson } from '../../database/stored-json.ts';

/** The kind of job that transcribes media. */
export const TRANSCRIBE = 'transcribe';

const request = z.object({
  /** Null = detect the language. */
  language: z.string().nullable(),
  task: z.enum(TRANSCRIPT_TASKS),
  /** Whether the JSON lists words. */
  words: z.boolean(),
  /** Maximum columns of a line of captions. */
  maxLine: z.number(),
  /** Whether every input must be remuxed before FFmpeg reads it. */
  disarm: z.boolean(),
});

export type TranscriptionRequest = z.infer<typeof request>;
/** The stored form of a request, sealed: everything except the URL. */
export const transcriptionJson = storedJson('request of a transcription', 1, request);

/** Unsealed facts for lists. */
export const transcriptionFacts = storedJson(
  'facts of a transcription',
  1,
  z.object({ output_format: z.enum(TRANSCRIPT_FORMATS) }),
);

/** The result of a transcription, sealed: the detected language. */
export const transcriptionResult = storedJson(
  'result of a transcription',
  1,
  z.object({ language: z.string().nullable() }),
);

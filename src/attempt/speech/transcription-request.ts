import * as z from 'zod';
import { TRANSCRIPT_FORMATS, TRANSCRIPT_TASKS } from '../../contract/transcriptions.ts';
import { storedJson } from '../../database/stored-json.ts';
import type { NewJob } from '../../jobs/insert.ts';
import type { Claim } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';

/** The kind of job that transcribes media. Jobs of other kinds create it as a child with `transcriptionChild`. */
export const TRANSCRIBE = 'transcribe';

const request = z.object({
  /** Null = to be detected. */
  language: z.string().nullable(),
  task: z.enum(TRANSCRIPT_TASKS),
  /** Whether the JSON lists words. */
  words: z.boolean(),
  /** Columns of a line. */
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

/** The result of a transcription, sealed: what was detected. */
export const transcriptionResult = storedJson(
  'result of a transcription',
  1,
  z.object({ language: z.string().nullable() }),
);

export interface ChildOptions extends Pick<TranscriptionRequest, 'language' | 'task'> {
  /** The capability of workers that run it: `offeredTranscription` at the admission of the parent. */
  needs: readonly string[];
  maxLine: number;
}

/**
 * A transcription of the first input of a job, as a child of that job. Its only output is SRT, of which the parent reads the
 * object; its result is deleted with the parent.
 */
export function transcriptionChild({ job, inputs }: Claim, options: ChildOptions): NewJob {
  const input = inputs[0]!;
  const { language, task, needs, maxLine } = options;
  const text = transcriptionJson.write({ language, task, words: false, maxLine, disarm: false });
  const source = {
    ...{ uploadId: input.upload_id, objectId: input.object_id, shownUrl: null, sourceUrl: null, name: 'input' },
    inspection: inspectionJson.readOrNull(input.probe),
  };
  return {
    ...{ kind: TRANSCRIBE, accountId: job.account_id, keyId: job.key_id, requestId: job.request_id },
    ...{ traceparent: job.traceparent, resourceClass: 'heavy', request: { shown: text, sent: text }, needs },
    ...{ facts: transcriptionFacts.write({ output_format: 'srt' }), settings: null, warnings: [], metadata: null },
    sources: [{ position: 0, asset: null, source }],
    outputs: [{ format: 'srt', name: 'captions.srt', role: 'text' }],
    ...{ retentionSeconds: job.retention_seconds, parentId: job.id, priority: job.priority },
  };
}

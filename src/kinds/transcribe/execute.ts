import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { addOutput, missingOutputs } from '../../attempt/outputs/publish.ts';
import { storeFile } from '../../attempt/outputs/store-file.ts';
import type { Recognized } from '../../attempt/speech/engine.ts';
import { openSpeechSource } from '../../attempt/speech/open-source.ts';
import { findPieces, recognizeHere } from '../../attempt/speech/transcribe-here.ts';
import {
  type TranscriptionRequest,
  transcriptionJson,
  transcriptionResult,
} from '../../attempt/speech/transcription-request.ts';
import {
  mainLanguage,
  TRANSCRIPT_TYPES,
  type Transcript,
  writeTranscript,
} from '../../attempt/speech/write-transcript.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import type { Warning } from '../../contract/common.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { TranscriptFormat } from '../../contract/transcriptions.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { storedJson } from '../../database/stored-json.ts';
import { childrenOf } from '../../jobs/children.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import { isOpen, type JobOutput, openWarnings } from '../../jobs/rows.ts';
import { outputKey } from '../../storage/keys.ts';
import type { AttemptResult } from '../kind.ts';
import { readPieces, startPieces } from './pieces.ts';

/** The state from which a job continues when its pieces have ended. */
const resumeJson = storedJson('state of a transcription', 1, z.object({ durationSeconds: z.number() }));

/**
 * Decodes the audio, cuts it into pieces at silences, recognizes the pieces, and stores the text in each format. If media in storage has
 * several pieces, the pieces become child jobs that all workers can run, and the job runs again when the children have ended.
 */
export async function executeTranscription(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const request = openRequest(tools, run);
  const { job } = run.claim;
  const children = run.claim.number === 1 ? [] : await childrenOf(tools.context.db, job.id);
  if (children.some(isOpen)) return { outcome: 'awaiting-children' };
  if (children.length > 0) {
    const durationSeconds = openDuration(tools, run);
    const results = await readPieces(tools, run, children);
    return complete(tools, run, request, { results, durationSeconds });
  }
  const opened = await openSpeechSource(tools, run, request.disarm);
  const speech = await findPieces(tools, run, opened);
  const durationSeconds = opened.source.seconds ?? speech.samples.ms / 1000;
  if (speech.pieces.length > 1 && run.claim.inputs[0]!.object_id !== null) {
    const { language, task, disarm } = request;
    const { demuxer } = opened.source;
    const requests = speech.pieces.map((piece) => ({ piece, language, task, disarm, demuxer }));
    await startPieces(tools, run, requests, resumeJson.write({ durationSeconds }));
    return { outcome: 'awaiting-children' };
  }
  const results = await recognizeHere(tools, run, speech, { ...request, slot: opened.slot });
  return complete(tools, run, request, { results, durationSeconds });
}

function openRequest({ context }: WorkTools, { claim }: Run): TranscriptionRequest {
  const text = openColumn(context.vault, 'jobs', 'request_sealed', claim.job);
  if (text === null) throw new JobFailure('input_deleted', 'The job has been erased.');
  return transcriptionJson.read(JSON.parse(text));
}

function openDuration({ context }: WorkTools, { claim }: Run): number {
  const text = openColumn(context.vault, 'jobs', 'resume_sealed', claim.job);
  if (text === null) throw new JobFailure('internal', 'The state of the transcription was lost.');
  return resumeJson.read(JSON.parse(text)).durationSeconds;
}

async function complete(
  tools: WorkTools,
  run: Run,
  request: TranscriptionRequest,
  { results, durationSeconds }: { results: readonly Recognized[]; durationSeconds: number },
): Promise<AttemptResult> {
  const { job } = run.claim;
  const isEnglishOnly = results.some((result) => result.isEnglishOnly);
  const language = isEnglishOnly ? 'en' : (request.language ?? mainLanguage(results));
  const segments = results.flatMap((result) => result.segments);
  const transcript = { language: segments.length > 0 ? language : null, segments, durationSeconds };
  const made = { outputs: [], failures: [] };
  for (const output of missingOutputs(run.claim)) {
    const stored = await storeTranscript(tools, run, output, { transcript, request });
    await addOutput(tools, run, made, stored);
  }
  const completion = {
    outputs: made.outputs,
    warnings: [...openWarnings(tools.context.vault, job), ...(isEnglishOnly ? ignoredFields(request) : [])],
    inputSeconds: durationSeconds,
    attempt: null,
    plan: transcriptionResult.write({ language: transcript.language }),
  };
  return { outcome: 'completed', completion };
}

/** Returns warnings for the fields of the request that a model for English ignores. */
function ignoredFields({ language, task }: TranscriptionRequest): Warning[] {
  const message =
    'The speech model of this server supports only English, so Airlock transcribed the speech as English.';
  return [
    ...(language !== null && language !== 'en' ? [{ field: 'language', message }] : []),
    ...(task === 'translate' ? [{ field: 'task', message }] : []),
  ];
}

async function storeTranscript(
  tools: WorkTools,
  run: Run,
  { id, format, position }: JobOutput,
  { transcript, request }: { transcript: Transcript; request: TranscriptionRequest },
): Promise<StoredOutput> {
  const { job, attemptId } = run.claim;
  const kind = format as TranscriptFormat;
  const path = join(run.folder, `transcript.${kind}`);
  await writeFile(path, writeTranscript(kind, transcript, request), { mode: 0o600 });
  const { size } = await stat(path);
  const key = outputKey(job.account_id, job.id, attemptId, kind, position);
  const file = { path, size, key, contentType: TRANSCRIPT_TYPES[kind] };
  const { objectId, sha256 } = await tools.measure('store', () => storeFile(tools, run, file));
  const unknown = { width: null, height: null, video_codec: null, audio_codec: null };
  return {
    outputId: id,
    objectId,
    facts: { format, size, sha256, duration_seconds: transcript.durationSeconds, ...unknown },
  };
}

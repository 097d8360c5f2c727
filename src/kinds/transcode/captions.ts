import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addOutput, earlierOutputs, missingOutputs } from '../../attempt/outputs/publish.ts';
import { storeFile } from '../../attempt/outputs/store-file.ts';
import { stageObject } from '../../attempt/sources/stage-source.ts';
import { transcribeFile } from '../../attempt/speech/transcribe-file.ts';
import {
  CAPTION_LAYOUT,
  TRANSCRIPT_TYPES,
  type Transcript,
  writeTranscript,
} from '../../attempt/speech/write-transcript.ts';
import { JobFailure } from '../../contract/failures.ts';
import { isTextFormat, type TextFormat } from '../../contract/formats.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import { type JobOutput, outputFacts } from '../../jobs/rows.ts';
import { getObject } from '../../objects/objects.ts';
import { outputKey } from '../../storage/keys.ts';
import type { TranscodeAttempt } from './attempt.ts';
import type { Made } from './run-commands.ts';
import type { PreparedSources } from './sources/prepared.ts';

/**
 * Adds the captions that a job requests to its outputs. Transcribes the first output that is a single file with sound, so that the captions
 * have the times of the output. If no output is such a file, transcribes the only input. If the transcription fails, only the captions
 * fail.
 */
export async function addCaptions(attempt: TranscodeAttempt, sources: PreparedSources, made: Made): Promise<void> {
  const { tools, run } = attempt;
  const texts = missingOutputs(run.claim).filter(({ format }) => isTextFormat(format));
  if (texts.length === 0) return;
  try {
    const path = await spokenFile(attempt, sources, made);
    const file = { path, slot: sources.slot, subject: 'The output', name: 'captions' };
    const transcript = await transcribeFile(tools, run, file);
    for (const row of texts) await addOutput(tools, run, made, await storeCaptions(attempt, row, transcript));
  } catch (error) {
    if (run.signal.aborted || !(error instanceof JobFailure)) throw error;
    const isMade = ({ id }: JobOutput) => made.outputs.some(({ outputId }) => outputId === id);
    const missing = texts.filter((row) => !isMade(row));
    made.failures.push(...missing.map(({ position }) => ({ position, error })));
  }
}

async function spokenFile(
  { tools, run }: TranscodeAttempt,
  { inputs }: PreparedSources,
  { outputs }: Made,
): Promise<string> {
  const earlier = earlierOutputs(run.claim).flatMap(({ object_id: objectId, facts }) =>
    objectId !== null ? [{ objectId, facts: outputFacts.read(facts) }] : [],
  );
  const hasSound = ({ facts }: Pick<StoredOutput, 'facts'>) => facts.audio_codec !== null && facts.files === undefined;
  const spoken = [...earlier, ...outputs].find(hasSound);
  const object = spoken && (await getObject(tools.context.db, spoken.objectId));
  if (object) {
    const before = () => run.disk.reserve(object.size ?? 0);
    return stageObject(tools, object.key, join(run.folder, 'spoken'), { signal: run.signal, before });
  }
  const [input, ...others] = inputs;
  if (input && others.length === 0) return input.file;
  throw new JobFailure(
    'no_audio_stream',
    'No output of the job is a single file with sound, so there is nothing to transcribe.',
  );
}

async function storeCaptions(
  { tools, run }: TranscodeAttempt,
  { id, format, position }: JobOutput,
  transcript: Transcript,
): Promise<StoredOutput> {
  const { job, attemptId } = run.claim;
  const kind = format as TextFormat;
  const path = join(run.folder, `captions-${position}.${kind}`);
  await writeFile(path, writeTranscript(kind, transcript, CAPTION_LAYOUT), { mode: 0o600 });
  const { size } = await stat(path);
  const key = outputKey(job.account_id, job.id, attemptId, kind, position);
  const { objectId, sha256 } = await storeFile(tools, run, { path, size, key, contentType: TRANSCRIPT_TYPES[kind] });
  const unknown = { width: null, height: null, video_codec: null, audio_codec: null };
  const facts = { format, size, sha256, duration_seconds: transcript.durationSeconds, ...unknown };
  return { outputId: id, objectId, facts };
}

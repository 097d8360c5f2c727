import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeFile } from '../../attempt/outputs/store-file.ts';
import { decodeAudio } from '../../attempt/speech/decode-audio.ts';
import { openSpeechSource } from '../../attempt/speech/open-source.ts';
import { pieceJson, pieceResult } from '../../attempt/speech/piece-request.ts';
import { recognizePiece } from '../../attempt/speech/recognize.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { outputKey } from '../../storage/keys.ts';
import type { AttemptResult } from '../kind.ts';

/** Share of the progress of the job that decoding takes. */
const DECODED = 0.05;
const FORMAT = 'json';

/** Recognizes the speech in the piece that the parent chose, and stores the words. */
export async function executePiece(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { job, attemptId, outputs } = run.claim;
  const text = openColumn(tools.context.vault, 'jobs', 'request_sealed', job);
  if (text === null) throw new JobFailure('input_deleted', 'The job has been erased.');
  const { piece, language, task, disarm, demuxer } = pieceJson.read(JSON.parse(text));
  const { slot, file, source } = await openSpeechSource(tools, run, disarm);
  if (source.demuxer !== demuxer)
    throw new JobFailure('internal', 'The format of the input has changed since the job started.');
  const part = { from: piece.from / 1000, to: piece.to / 1000 };
  const samples = await decodeAudio(tools, run, {
    source: { ...source, part },
    file,
    slot,
    share: { from: 0, to: DECODED },
  });
  const given = { samples, offset: piece.from, piece, language, task, slot, share: { from: DECODED, to: 1 } };
  const found = await recognizePiece(tools, run, given);
  const path = join(run.folder, 'result.json');
  await writeFile(path, pieceResult.write(found), { mode: 0o600 });
  const { size } = await stat(path);
  const key = outputKey(job.account_id, job.id, attemptId, FORMAT);
  const { objectId, sha256 } = await storeFile(tools, run, { path, size, key, contentType: 'application/json' });
  const unknown = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };
  const output = { outputId: outputs[0]!.id, objectId, facts: { format: FORMAT, size, sha256, ...unknown } };
  const completion = { outputs: [output], plan: null, warnings: [], inputSeconds: null, attempt: null };
  return { outcome: 'completed', completion };
}

import { buffer } from 'node:stream/consumers';
import { MAX_CAPTION_BYTES, parseCaptions, writeSrt } from '../../captions/index.ts';
import { JobFailure } from '../../contract/failures.ts';
import { outputsOf } from '../../jobs/read.ts';
import { getObject } from '../../objects/objects.ts';
import { failureOf } from './failures.ts';
import type { RunAttempt } from './run-request.ts';
import type { RunState } from './state.ts';

/**
 * Returns the subtitles that the transcription has written, as SRT. Returns an empty text if the media contains no speech. Throws
 * `JobFailure`.
 */
export async function readTranscription({ tools, children }: RunAttempt, { transcription }: RunState): Promise<string> {
  const { db, store } = tools.context;
  const child = children.find(({ id }) => id === transcription);
  if (child?.status !== 'completed') throw failureOf(tools, child, 'Transcription');
  const output = (await outputsOf(db, [child.id])).find(({ format }) => format === 'srt');
  const object = output?.object_id ? await getObject(db, output.object_id) : undefined;
  if (object?.state !== 'live') throw new JobFailure('internal', 'The subtitles were deleted.');
  if ((object.size ?? 0) > MAX_CAPTION_BYTES)
    throw new JobFailure('limit_output', 'The subtitles are too long to review.');
  const stream = await store.get(object.key);
  if (!stream) throw new JobFailure('internal', 'The subtitles were deleted.');
  const text = (await buffer(stream)).toString();
  if (text.trim() === '') return '';
  const read = parseCaptions(text);
  if (!read.ok) throw new JobFailure('internal', `The subtitles are not valid: ${read.fault.message}`);
  return writeSrt(read.cues);
}

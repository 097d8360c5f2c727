import { JobFailure } from '../../contract/failures.ts';
import { openMedia } from '../media/open-media.ts';
import type { Run, WorkTools } from '../tools.ts';
import { findPieces, recognizeHere } from './transcribe-here.ts';
import { mainLanguage, type Transcript } from './write-transcript.ts';

/** A file that an attempt has made and transcribes. */
export interface MadeFile {
  /** Path of the file on the host. */
  path: string;
  slot: number;
  /** Name of the file in messages, e.g. `The output`. */
  subject: string;
  /** Name that is unique among the files of the attempt. */
  name: string;
}

/**
 * Transcribes a file that a cell wrote, in this attempt. The file is read like any input, because an attacker who controls the
 * source may control what FFmpeg writes. Throws `JobFailure`.
 */
export async function transcribeFile(
  tools: WorkTools,
  run: Run,
  { path, slot, subject, name }: MadeFile,
): Promise<Transcript> {
  const { folder, disk, signal } = run;
  const media = await openMedia(tools, path, { folder, name, slot, subject, disk, signal, disarm: false });
  if (media.info.audio.length === 0) {
    throw new JobFailure('no_audio_stream', `${subject} has no audio stream, so there is nothing to transcribe.`);
  }
  const seconds = media.countedSeconds ?? media.info.durationSeconds;
  const source = { path: '/in/0', demuxer: media.demuxer, info: media.info, seconds };
  const speech = await findPieces(tools, run, { slot, file: { name: '0', path: media.file }, source });
  const results = await recognizeHere(tools, run, speech, { language: null, task: 'transcribe', slot });
  const segments = results.flatMap((result) => result.segments);
  return { language: mainLanguage(results), segments, durationSeconds: seconds ?? speech.samples.ms / 1000 };
}

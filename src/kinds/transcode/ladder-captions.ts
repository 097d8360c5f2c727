import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transcribeFile } from '../../attempt/speech/transcribe-file.ts';
import { CAPTION_LAYOUT, writeTranscript } from '../../attempt/speech/write-transcript.ts';
import type { TranscodeAttempt } from './attempt.ts';

/**
 * Transcribes the audio of a ladder, and writes the subtitles as WebVTT. Returns the host path of the subtitles; null if the audio contains
 * no speech. Throws `JobFailure`.
 */
export async function ladderCaptions(
  { tools, run }: TranscodeAttempt,
  { path, slot, position }: { path: string; slot: number; position: number },
): Promise<string | null> {
  const file = { path, slot, subject: 'The audio of the ladder', name: `ladder-audio-${position}` };
  const transcript = await transcribeFile(tools, run, file);
  if (transcript.segments.length === 0) return null;
  const target = join(run.folder, `ladder-captions-${position}.vtt`);
  await writeFile(target, writeTranscript('vtt', transcript, CAPTION_LAYOUT), { mode: 0o600 });
  return target;
}

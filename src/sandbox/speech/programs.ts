import type { Program } from '../programs/program.ts';
import { PROGRAMS } from '../programs/table.ts';
import { pocketsphinxProgram } from './pocketsphinx.ts';
import { type WhisperOptions, whisperProgram } from './whisper.ts';

export type SpeechEngineName = 'whisper' | 'pocketsphinx';

/** Returns the programs of a worker: the programs of every worker, and the chosen speech engine if it is installed. */
export function programsWithSpeech(engine: SpeechEngineName, whisper: WhisperOptions): readonly Program[] {
  const program = engine === 'pocketsphinx' ? pocketsphinxProgram() : whisperProgram(whisper);
  return program ? [...PROGRAMS, program] : PROGRAMS;
}

import type { SpokenSegment } from '../../captions/index.ts';
import type { TranscriptTask } from '../../contract/transcriptions.ts';
import type { Timeline } from './pieces.ts';

/** What a recognizer found in a piece, with the times of the audio that it heard. */
export interface Recognized {
  /** Null if it cannot know. */
  language: string | null;
  /** Whether the model knows no other language. */
  isEnglishOnly: boolean;
  segments: SpokenSegment[];
}

export interface Recognition {
  /** Path of the samples in the cell. */
  audio: string;
  /** Path of the result in the cell. */
  result: string;
  threads: number;
  /** Null = to be detected. */
  language: string | null;
  task: TranscriptTask;
  timeline: Timeline;
}

/** A recognizer of speech, which runs in a cell: one entry here, and one in the table of programs. */
export interface SpeechEngine {
  /** Name of its program. */
  program: string;
  args(recognition: Recognition): string[];
  /** Texts that it reads from files of the cell, by their names in `/in`. */
  texts(recognition: Recognition): Readonly<Record<string, string>>;
  /** Throws `JobFailure` if the result is not what the program writes. */
  parse(result: string): Recognized;
  /** Why it cannot do what was asked, as a sentence; null = it can. */
  unsupported(wanted: Pick<Recognition, 'language' | 'task'>): string | null;
}

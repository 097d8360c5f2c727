import type { SpokenSegment } from '../../captions/index.ts';
import type { TranscriptTask } from '../../contract/transcriptions.ts';
import type { Timeline } from './pieces.ts';

/** The words that a recognizer found in a piece, with times in the audio that it received. */
export interface Recognized {
  /** Null if the recognizer can't detect the language. */
  language: string | null;
  /** Whether the model supports only English. */
  isEnglishOnly: boolean;
  segments: SpokenSegment[];
}

export interface Recognition {
  /** Path of the samples in the cell. */
  audio: string;
  /** Path of the result in the cell. */
  result: string;
  threads: number;
  /** Null = detect the language. */
  language: string | null;
  task: TranscriptTask;
  timeline: Timeline;
}

/** A speech recognizer that runs in a cell. Each recognizer has an entry in `engines.ts` and one in the table of programs. */
export interface SpeechEngine {
  /** Name of its program. */
  program: string;
  args(recognition: Recognition): string[];
  /** Texts that the recognizer reads from files, by their names in `/in`. */
  texts(recognition: Recognition): Readonly<Record<string, string>>;
  /** Throws `JobFailure` if the result is invalid. */
  parse(result: string): Recognized;
  /** The reason why the recognizer can't process the request, as a sentence; null if it can. */
  unsupported(wanted: Pick<Recognition, 'language' | 'task'>): string | null;
}

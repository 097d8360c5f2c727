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
  /** Null to detect the language. */
  language: string | null;
  task: TranscriptTask;
  timeline: Timeline;
}

/** A speech recognizer that runs in a cell. Each recognizer has an entry in `engines.ts` and an entry in the table of programs. */
export interface SpeechEngine {
  /** Name of the recognizer's program. */
  program: string;
  args(recognition: Recognition): string[];
  /** Returns the texts that the recognizer reads from files, by their names in `/in`. */
  texts(recognition: Recognition): Readonly<Record<string, string>>;
  /** Parses the result of the recognizer. Throws `JobFailure` if the result is invalid. */
  parse(result: string): Recognized;
  /** Returns the reason why the recognizer can't process the request, as a sentence, or null if it can. */
  unsupported(wanted: Pick<Recognition, 'language' | 'task'>): string | null;
}

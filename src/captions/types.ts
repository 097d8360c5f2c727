/** A text that is shown for some time. */
export interface Cue {
  /** Milliseconds from the start of the media. */
  start: number;
  /** Milliseconds; later than `start`. */
  end: number;
  /** One or more lines, separated by `\n`, none of which is empty. Plain text without tags and entities. */
  text: string;
}

/** A word that was spoken. */
export interface Word {
  /** Milliseconds from the start of the media. */
  start: number;
  /** Milliseconds; `start` or later. */
  end: number;
  /** With its punctuation. */
  text: string;
  /** Whether a space separates it from the word before it. Scripts such as Chinese write words without spaces. */
  spaced: boolean;
  /** How certain the recognizer is, from 0 to 1; null if it does not report it. */
  probability: number | null;
}

/** A text with its start and end. */
export interface Cue {
  /** Milliseconds from the start of the media. */
  start: number;
  /** Milliseconds; later than `start`. */
  end: number;
  /** One or more lines, separated by `\n`, none of which is empty. Plain text without tags and entities. */
  text: string;
}

/** A spoken word. */
export interface Word {
  /** Milliseconds from the start of the media. */
  start: number;
  /** Milliseconds; `start` or later. */
  end: number;
  /** The text of the word, with its punctuation. */
  text: string;
  /** Whether a space separates the word from the previous word. Scripts such as Chinese write words without spaces. */
  spaced: boolean;
  /** The confidence of the recognizer, from 0 to 1; null if the recognizer reports no confidence. */
  probability: number | null;
}

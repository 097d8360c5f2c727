import bidiFactory, { type Bidi } from 'bidi-js';
import type { FontFace, FontLibrary } from './font-library.ts';
import { EMOJI_FAMILY } from './font-names.ts';
import type { HanVariant } from './han-variant.ts';
import { boundaries, isEmoji, isIgnorable, scriptOf } from './unicode.ts';

/** A run of one face, script and direction, which is shaped in one call. */
export interface Run {
  /** Offset in UTF-16 units. */
  start: number;
  end: number;
  face: FontFace;
  script: string;
  /** Embedding level; odd = right to left. */
  level: number;
}

export interface Paragraph {
  text: string;
  /** Start offsets of the graphemes, followed by the length of the text. */
  graphemes: number[];
  runs: Run[];
  /** Paragraph embedding level: 1 if its first strong character is right-to-left. */
  level: number;
}

export interface FontChoice {
  fonts: FontLibrary;
  primary: FontFace;
  han: HanVariant;
  /** Collects code points that no font has. */
  missing: Set<number>;
  /** Whether the text has emoji although there is no emoji font. */
  noEmoji: boolean;
}

// The package is CommonJS, but its types describe an ES module. The default import is the factory itself.
const bidi = (bidiFactory as unknown as () => Bidi)();
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\u200f\u202b\u202e\u2067\u2068\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Splits a paragraph (text without line breaks) into runs. Never splits graphemes. */
export function itemise(text: string, choice: FontChoice): Paragraph {
  const graphemes = boundaries(text, 'grapheme');
  const { levels, level } = embeddingLevels(text);
  const runs: Run[] = [];
  let run: Run | null = null;
  for (let at = 0; at + 1 < graphemes.length; at++) {
    const start = graphemes[at]!;
    const grapheme = text.slice(start, graphemes[at + 1]);
    const own: string = scriptOf(grapheme.codePointAt(0)!);
    const script: string = own === 'Zyyy' ? (run?.script ?? 'Zyyy') : own;
    const face = chooseFace(grapheme, own, script, run, choice);
    const here = levels ? levels[start]! : 0;
    // Punctuation before the first letter belongs to that letter's script.
    if (run && run.script === 'Zyyy' && script !== 'Zyyy' && run.face === face) run.script = script;
    if (run && run.face === face && run.script === script && run.level === here) run.end = graphemes[at + 1]!;
    else {
      run = { start, end: graphemes[at + 1]!, face, script, level: here };
      runs.push(run);
    }
  }
  return { text, graphemes, runs, level };
}

function chooseFace(grapheme: string, own: string, script: string, run: Run | null, choice: FontChoice): FontFace {
  const { fonts, primary } = choice;
  if (isEmoji(grapheme)) {
    const emoji = fonts.emoji();
    if (emoji?.covers(grapheme.codePointAt(0)!)) return emoji;
    if (!emoji) choice.noEmoji = true;
  }
  const needed = [...grapheme].map((character) => character.codePointAt(0)!).filter((code) => !isIgnorable(code));
  const has = (face: FontFace): boolean => needed.every((codePoint) => face.covers(codePoint));
  // Spaces and punctuation stay in the font of the current run, so that words are not split. Digits may change font.
  const followsRun = own === 'Zyyy' && !/^\p{Nd}/u.test(grapheme);
  if (followsRun && run && run.face.family !== EMOJI_FAMILY && run.script !== 'Zyyy' && has(run.face)) return run.face;
  if (has(primary)) return primary;
  // For a long stack of marks, searches by the first few characters only. The other characters may be missing.
  const wanted = { script, han: choice.han, isBold: primary.isBold };
  const found = fonts.covering(needed.slice(0, 8), wanted) ?? fonts.covering(needed.slice(0, 1), wanted);
  const best = found ?? primary;
  for (const codePoint of needed) if (!best.covers(codePoint)) choice.missing.add(codePoint);
  return best;
}

/**
 * Returns the embedding levels of UAX 9, and the paragraph's level, which the first strong character sets. `levels` is null if all levels
 * are zero. bidi-js works on UTF-16 units, so surrogate pairs are replaced by two characters of the same class: letters of either
 * direction, or neutrals (emoji).
 */
function embeddingLevels(text: string): { levels: Uint8Array | null; level: number } {
  if (!RIGHT_TO_LEFT.test(text)) return { levels: null, level: 0 };
  const basic = text.replace(/[\u{10000}-\u{10ffff}]/gu, (pair) =>
    /[\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(pair)
      ? '\u05d0\u05d0'
      : /\p{L}/u.test(pair)
        ? 'aa'
        : '\u2603\u2603',
  );
  const { levels, paragraphs } = bidi.getEmbeddingLevels(basic);
  return { levels, level: paragraphs[0]?.level ?? 0 };
}

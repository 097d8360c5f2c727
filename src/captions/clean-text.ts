/*
 * Texts of recognizers and of people are shown by players that interpret more than their formats define. These functions
 * leave nothing that a player could take for markup, for timing, or for a change of the direction of other texts.
 */

/** Control characters other than tab and line feed. */
export const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;
const CONTROLS = new RegExp(CONTROL.source, 'g');
/** Overrides and isolates of the direction of text (Unicode UAX #9): they would reorder what follows them. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g;

/** What players of SubRip take for a tag or for a style of ASS, although it may be text. */
export const TAG = /<\/?[A-Za-z!?][^<>]*>|\{\\[^{}]*\}/;

/** Returns one line without control characters and repeated spaces. */
export function cleanLine(text: string): string {
  return text.normalize('NFC').replace(CONTROLS, ' ').replace(BIDI, '').replace(/\s+/gu, ' ').trim();
}

/** Separates the characters of what a player could take for a tag, a style or a timing line, so that it is shown as text. */
export function disarmMarkup(line: string): string {
  return disarmStyles(line)
    .replaceAll('-->', '→')
    .replace(/<(?=[A-Za-z/!?])/g, '< ');
}

/** The same for styles of ASS alone. */
export function disarmStyles(line: string): string {
  return line.replace(/\{(?=\\)/g, '{ ');
}

/*
 * Players interpret more than the caption formats define. In texts of recognizers and of people, these functions remove or separate
 * everything that a player could interpret as markup, as timing, or as a change of the direction of other texts.
 */

/** Control characters other than tab and line feed. */
export const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;
const CONTROLS = new RegExp(CONTROL.source, 'g');
/** Overrides and isolates of the direction of text (Unicode UAX #9), which would reorder the text after them. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g;

/** Matches text that players of SubRip interpret as a tag or as a style of ASS. */
export const TAG = /<\/?[A-Za-z!?][^<>]*>|\{\\[^{}]*\}/;

/** Returns one line without control characters and repeated spaces. */
export function cleanLine(text: string): string {
  return text.normalize('NFC').replace(CONTROLS, ' ').replace(BIDI, '').replace(/\s+/gu, ' ').trim();
}

/** Separates the characters of a tag, a style or a timing line, so that players show these characters instead of interpreting them. */
export function disarmMarkup(line: string): string {
  return disarmStyles(line)
    .replaceAll('-->', '→')
    .replace(/<(?=[A-Za-z/!?])/g, '< ');
}

/** Separates the characters of a style of ASS, so that players show these characters instead of interpreting them. */
export function disarmStyles(line: string): string {
  return line.replace(/\{(?=\\)/g, '{ ');
}

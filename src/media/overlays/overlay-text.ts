/**
 * Free text as we draw it: lone surrogates become U+FFFD, CRLF and CR become LF, a tab becomes four spaces, and every
 * other control character (C0, C1, NUL, DEL) goes; the line and paragraph separators U+2028/9 become LF. Joiners and
 * bidirectional controls stay, for Persian, Indic scripts and emoji need the former and mixed text the latter; they only
 * order outlines within one layer, and an unbalanced one ends with its paragraph (UAX 9, rule X8).
 */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|\u0085|\u2028|\u2029/g, '\n')
    .replace(/\t/g, '    ')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff]/g, '');
}

/** Length in Unicode code points, which is what limits of text count. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/**
 * Normalizes free text for drawing. Lone surrogates become U+FFFD. CRLF, CR, NEL and the separators U+2028 and U+2029 become LF. Tabs
 * become four spaces. Every other control character (C0, C1, DEL) and U+FEFF are removed. Joiners and bidirectional controls stay, because
 * Persian, Indic scripts and emoji need joiners, and mixed text needs bidirectional controls. Bidirectional controls only order outlines
 * within one layer, and an unbalanced control ends with its paragraph (UAX 9, rule X8).
 */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|\u0085|\u2028|\u2029/g, '\n')
    .replace(/\t/g, '    ')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff]/g, '');
}

/** Returns the length in Unicode code points, the unit of text limits. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

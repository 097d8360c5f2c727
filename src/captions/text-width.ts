/** Matches characters with a width of two columns: CJK, Hangul, kana, full-width forms (Unicode UAX #11) and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
/** Matches combining marks and joiners, which have no width. */
const ZERO = /\p{Mn}|\p{Me}|[\u200b-\u200f\u2060]/u;

/** Returns the columns of a text as captions count them: 42 Latin letters are as wide as 21 Chinese characters. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

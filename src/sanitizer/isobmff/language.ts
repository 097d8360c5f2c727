import { mustBe } from '../codecs/bits.ts';

/** The smallest code of three packed letters. Smaller codes are QuickTime's. Only the first of them is common: English. */
const FIRST_PACKED = 0x400;
const UNDECLARED = 0x7fff;

/** Decodes a language of three letters with five bits each. Throws `Unclear` for the other codes of QuickTime. */
export function languageOf(code: number): string | null {
  if (code === 0) return 'eng';
  if (code === UNDECLARED) return null;
  mustBe(code >= FIRST_PACKED);
  const letters = [10, 5, 0].map((shift) => String.fromCharCode(0x60 + ((code >> shift) & 31))).join('');
  return letters === 'und' || !/^[a-z]{3}$/.test(letters) ? null : letters;
}

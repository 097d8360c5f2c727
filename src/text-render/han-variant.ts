export type HanVariant = 'SC' | 'TC' | 'JP' | 'KR';

let charsets: { simplified: Set<string>; traditional: Set<string> } | null = null;

/**
 * Detects the regional variant of Han characters: any kana means Japanese, Hangul Korean, bopomofo traditional Chinese. Otherwise compares
 * the number of characters that only Big5 has with the number of characters that only GB 2312 has. If the numbers are equal, the variant is
 * simplified Chinese.
 */
export function hanVariant(text: string): HanVariant {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'JP';
  if (/\p{Script=Hangul}/u.test(text)) return 'KR';
  if (/\p{Script=Bopomofo}/u.test(text)) return 'TC';
  charsets ??= {
    simplified: decodeAll('gbk', [0xb0, 0xf7], [[0xa1, 0xfe]]),
    traditional: decodeAll(
      'big5',
      [0xa4, 0xf9],
      [
        [0x40, 0x7e],
        [0xa1, 0xfe],
      ],
    ),
  };
  let balance = 0;
  for (const character of text) {
    const simplified = charsets.simplified.has(character);
    const traditional = charsets.traditional.has(character);
    if (simplified !== traditional) balance += traditional ? 1 : -1;
  }
  return balance > 0 ? 'TC' : 'SC';
}

/** Decodes all characters of a two-byte charset whose bytes are in these ranges. */
function decodeAll(charset: string, leadBytes: [number, number], trails: [number, number][]): Set<string> {
  const bytes: number[] = [];
  for (let lead = leadBytes[0]; lead <= leadBytes[1]; lead++)
    for (const [first, last] of trails) for (let trail = first; trail <= last; trail++) bytes.push(lead, trail);
  return new Set(new TextDecoder(charset).decode(Uint8Array.from(bytes)));
}

/** ISO 15924 codes of scripts in use, from the most common. JavaScript's regular expressions and HarfBuzz support these scripts. */
const SCRIPTS =
  'Latn Arab Hani Cyrl Deva Hira Kana Hang Thai Hebr Grek Beng Taml Telu Mlym Knda Gujr Guru Orya Sinh Khmr Laoo Mymr Ethi Geor Armn Tibt Mong Syrc Thaa Nkoo Adlm Rohg Bopo Cher Cans Copt Goth Java Bali Sund Tfng Vaii Yiii Lisu Olck Limb Lepc Cham Tale Talu Lana Tavt Mtei Sylo Saur Rjng Bugi Batk Samr Mand Ogam Runr Glag Tglg Hano Buhd Tagb Cakm Shrd Takr Tirh Newa Gran Hmng Hmnp Wara Xsux Egyp Phnx Linb Cprt Ital Khar Brah Avst Prti Phli Armi Sarb Orkh Osge Dsrt Shaw Osma Brai'
    .split(' ')
    .map((code) => ({ code, pattern: new RegExp(`\\p{Script=${code}}`, 'u') }));

const scripts = new Map<number, string>();

/** Returns the ISO 15924 code of a code point's script; `Zyyy` for punctuation, digits, marks, symbols and unlisted scripts. */
export function scriptOf(codePoint: number): string {
  if ((codePoint >= 97 && codePoint <= 122) || (codePoint >= 65 && codePoint <= 90)) return 'Latn';
  if (codePoint < 128) return 'Zyyy';
  let script = scripts.get(codePoint);
  if (script === undefined) {
    const character = String.fromCodePoint(codePoint);
    script = SCRIPTS.find(({ pattern }) => pattern.test(character))?.code ?? 'Zyyy';
    scripts.set(codePoint, script);
  }
  return script;
}

// TypeScript accepts the flag `v` in literals only from target ES2024 on, but Node 20 supports it.
const RGI_EMOJI = String.raw`^\p{RGI_Emoji}$`;
const EMOJI_SEQUENCE = new RegExp(RGI_EMOJI, 'v');
const EMOJI_PRESENTATION = /^\p{Emoji_Presentation}/u;
const EMOJI = /^\p{Emoji}/u;
const TEXT_STYLE = '\ufe0e';
const EMOJI_STYLE = '\ufe0f';

/** Whether a grapheme is an emoji (UTS 51): by its default presentation, by VS16, or as a flag, keycap or ZWJ sequence. */
export function isEmoji(grapheme: string): boolean {
  if (grapheme.charCodeAt(0) < 0x80 && grapheme.length === 1) return false;
  if (grapheme.includes(TEXT_STYLE)) return false;
  if (EMOJI_PRESENTATION.test(grapheme)) return true;
  return EMOJI.test(grapheme) && (grapheme.includes(EMOJI_STYLE) || EMOJI_SEQUENCE.test(grapheme));
}

/** Whether a code point is invisible, so that no font needs it: joiners, variation selectors, bidi controls, tags. */
export function isIgnorable(codePoint: number): boolean {
  return codePoint >= 0xad && /\p{Default_Ignorable_Code_Point}/u.test(String.fromCodePoint(codePoint));
}

const segmenters = new Map<'grapheme' | 'word', Intl.Segmenter>();

/** Returns the start offsets of the segments of `text` in UTF-16 units, followed by the length of `text`. */
export function boundaries(text: string, granularity: 'grapheme' | 'word'): number[] {
  // There is always a grapheme boundary between two printable ASCII characters.
  if (granularity === 'grapheme' && /^[\x20-\x7e]*$/.test(text))
    return Array.from({ length: text.length + 1 }, (_, i) => i);
  let segmenter = segmenters.get(granularity);
  if (!segmenter) {
    segmenter = new Intl.Segmenter('en', { granularity });
    segmenters.set(granularity, segmenter);
  }
  const starts: number[] = [];
  for (const { index } of segmenter.segment(text)) starts.push(index);
  starts.push(text.length);
  return starts;
}

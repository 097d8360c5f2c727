import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openFonts } from './font-library.ts';
import { layoutText, type TextStyle } from './layout.ts';
import { breakOpportunities, wrap } from './line-break.ts';
import { boundaries, isEmoji, scriptOf } from './unicode.ts';

const fonts = openFonts();
const STYLE: TextStyle = {
  font: 'Arial',
  fontSize: 20,
  lineSpacing: 10,
  align: 'left',
  charsPerLine: null,
  maxWidth: null,
  maxHeight: 8000,
};
const layOut = (text: string, style: Partial<TextStyle> = {}) => layoutText(text, { ...STYLE, ...style }, fonts)!;
/** Returns the text of each line, wrapped at `characters` per line. */
const lines = (text: string, characters: number): string[] => {
  const starts = boundaries(text, 'grapheme');
  const widths = starts.slice(1).map(() => 1);
  return wrap(text, starts, widths, { characters, width: null }).map(([a, b]) => text.slice(starts[a], starts[b]));
};

describe('wrap', () => {
  it.each([
    ['at spaces, which are dropped', 'one two three', 7, ['one two', 'three']],
    ['inside a word that is longer than a line', 'abcdefghijk', 5, ['abcde', 'fghij', 'k']],
    ['after a hyphen between letters', 'semi-detached', 6, ['semi-', 'detach', 'ed']],
    ['never after a minus sign', 'of -12345 x', 6, ['of', '-12345', 'x']],
    ['never at a no-break space', 'a b\u00a0c d', 4, ['a', 'b\u00a0c', 'd']],
    ['between Thai words', 'สวัสดีชาวโลก', 6, ['สวัสดี', 'ชาวโลก']],
    ['never before closing punctuation', '你好世界。', 4, ['你好', '世界。']],
    ['never after opening punctuation', '你好「世界」', 4, ['你好', '「世界」']],
    ['never inside a grapheme', '👩‍🚀👩‍🚀👩‍🚀', 2, ['👩‍🚀👩‍🚀', '👩‍🚀']],
    ['nowhere if the text fits', 'one two', 7, ['one two']],
  ])('breaks lines %s', (_, text, characters, expected) => expect(lines(text, characters)).toEqual(expected));

  it('keeps every character except spaces exactly once, for arbitrary text', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.replace(/\n/g, ' '));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (value, characters) => {
        const bare = (list: string[]): string => list.join('').replace(/[\p{White_Space}\u200b]/gu, '');
        const parts = lines(value, characters);
        expect(bare(parts)).toBe(bare([value]));
        for (const part of parts) expect(boundaries(part, 'grapheme').length - 1).toBeLessThanOrEqual(characters);
      }),
      { numRuns: 200 },
    );
  });

  it('has one break opportunity per grapheme', () => {
    const starts = boundaries('a b', 'grapheme');
    expect(breakOpportunities('a b', starts)).toEqual([false, false, true]);
  });
});

describe('layoutText', () => {
  it('adds up the heights of the lines and the spacing between them', () => {
    const [one, three] = [layOut('a'), layOut('a\nb\nc')];
    expect(Math.abs(three.height - (3 * one.height + 2 * STYLE.lineSpacing))).toBeLessThanOrEqual(2);
  });
  it('keeps empty lines', () => expect(layOut('a\n\nb').height).toBe(layOut('a\nb\nc').height));
  it('returns a wider block for a larger font size', () =>
    expect(layOut('abc', { fontSize: 40 }).width).toBeGreaterThanOrEqual(2 * layOut('abc').width - 2));
  it('wraps at a width in pixels', () => {
    const block = layOut('The quick brown fox jumps over the lazy dog', { maxWidth: 100 });
    expect(block.width).toBeLessThanOrEqual(100);
    expect(block.width).toBeGreaterThan(60);
  });
  it('wraps at a number of characters', () => {
    const baselines = new Set(layOut('aaaa bbbb cccc', { charsPerLine: 5 }).glyphs.map((glyph) => glyph.y));
    expect(baselines.size).toBe(3);
  });
  it('aligns lines', () => {
    const first = (align: TextStyle['align']) => layOut('i\nwwwww', { align }).glyphs[0]!.x;
    const [left, center, right] = [first('left'), first('center'), first('right')];
    expect(left).toBe(0);
    expect(right).toBeCloseTo(2 * center, 1);
    expect(right).toBeGreaterThan(50);
  });
  it('aligns each paragraph by its direction', () => {
    const block = layOut('abcdefghijklm\nשלום', { align: 'start' });
    const last = block.glyphs.filter((glyph) => glyph.y > 30);
    expect(Math.min(...last.map((glyph) => glyph.x))).toBeGreaterThan(40);
    expect(block.isRightToLeft).toBe(false);
  });
  it('joins Arabic letters', () => {
    const joined = layOut('بب').glyphs.map(({ glyph }) => glyph);
    const apart = layOut('ب ب').glyphs.map(({ glyph }) => glyph);
    expect(joined).not.toContain(apart[0]);
  });
  it('warns about missing characters and about a missing family', () => {
    const { warnings } = layOut('a\u{10fff0}', { font: 'Comic Sans MS' });
    expect(warnings.join(' ')).toContain('no font "Comic Sans MS"');
    expect(warnings.join(' ')).toContain('U+10FFF0');
    expect(layOut('Hello').warnings).toEqual([]);
  });
  it('lays out text with only DejaVu, and warns that emoji have no color', () => {
    const dejavu = openFonts(['/usr/share/fonts/truetype/dejavu']);
    const block = layoutText('Hello, שלום 😀', STYLE, dejavu)!;
    expect(block.glyphs.length).toBeGreaterThan(10);
    expect(block.warnings.join(' ')).toMatch(/DejaVu Sans was used.*color emoji/);
  });
  it('returns null without any font', () => expect(layoutText('a', STYLE, openFonts(['/nonexistent']))).toBeNull());
  it('cuts text at the maximum height', () => {
    const block = layOut('a\n'.repeat(3000), { maxHeight: 500 });
    expect(block.isCut).toBe(true);
    expect(block.height).toBeLessThanOrEqual(500);
  });
  it.each([
    ['Latin', 'Lorem ipsum dolor sit amet '],
    ['one word', 'x'],
    ['Arabic', 'مرحبا بالعالم '],
    ['Thai', 'สวัสดีชาวโลก'],
    ['Chinese', '你好世界。'],
    ['emoji', '😀'],
    ['a change of font at each letter', 'aשbع你'],
    ['marks', '\u0301'],
    ['isolates', '\u2067a\u2068'],
    ['brackets', '('],
  ])('lays out 10,000 characters within 1.5 seconds of CPU time: %s', (_, unit) => {
    const text = [...`א${unit.repeat(10_000)}`].slice(0, 10_000).join('');
    layOut(text.slice(0, 100));
    const before = process.cpuUsage();
    layOut(text, { maxWidth: 1000 });
    const { user } = process.cpuUsage(before);
    // The layout usually takes 100 ms. The limit allows for a slow machine and still detects quadratic time. CPU time is measured, because
    // other tests run concurrently.
    expect(user / 1000).toBeLessThan(1500);
  });
});

describe('isEmoji and scriptOf', () => {
  it.each(['😀', '❤️', '1️⃣', '🇩🇪', '👍🏽', '👩‍🚀', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'])('identify %s as an emoji', (text) =>
    expect(isEmoji(text)).toBe(true),
  );
  it.each(['a', '1', '❤', '☺︎', '#', '©', '你'])('identify %s as text', (text) => expect(isEmoji(text)).toBe(false));
  it.each([
    ['a', 'Latn'],
    ['م', 'Arab'],
    ['नि', 'Deva'],
    ['漢', 'Hani'],
    ['ひ', 'Hira'],
    ['1', 'Zyyy'],
    ['𞤀', 'Adlm'],
  ])('identify the script of %s as %s', (text, script) => expect(scriptOf(text.codePointAt(0)!)).toBe(script));
});

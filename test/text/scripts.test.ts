import { describe, expect, it } from 'vitest';
import { compose, type Frame, inkBox, inkMatch, overlaid } from './frames.ts';

const SIZE = { width: 900, height: 120 };

/** Draws text with Pango in FFmpeg's SVG decoder, which shares no code for fonts, shaping and order with Airlock. */
function byPango(text: string, family: string, direction = 'ltr'): Promise<Frame> {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}">` +
    `<text x="450" y="80" text-anchor="middle" font-family="${family}" font-size="48" text-rendering="geometricPrecision" direction="${direction}" fill="#ffffff">${escaped}</text></svg>`;
  return compose(SIZE, [{ demuxer: 'svg_pipe', bytes: Buffer.from(svg) }], '[0:v][1:v]overlay=format=auto[out]');
}

function byUs(text: string): Promise<{ frame: Frame; layer: { warnings: string[] } }> {
  return overlaid({ text, style: { boxBorderW: 0, textWidth: 890 } }, SIZE);
}

describe('drawn text compared with the text of Pango', () => {
  it.each([
    ['Latin', 'Hello, Wörld & “fi”', 'Liberation Sans'],
    ['Cyrillic', 'Привет, мир', 'Liberation Sans'],
    ['Arabic', 'مرحبا بالعالم هذا نص', 'Noto Sans Arabic'],
    ['Hebrew', 'שָׁלוֹם עולם', 'Liberation Sans'],
    ['Devanagari', 'नमस्ते दुनिया क्षत्रिय हिन्दी', 'Noto Sans Devanagari'],
    ['Bengali', 'বাংলা ভাষা', 'Noto Sans Bengali'],
    ['Tamil', 'வணக்கம் உலகம்', 'Noto Sans Tamil'],
    ['Thai', 'สวัสดีชาวโลก ที่นี่', 'Noto Sans Thai'],
    ['Chinese', '你好，世界。', 'Noto Sans CJK SC'],
    ['traditional Chinese', '這裡有個國家', 'Noto Sans CJK TC'],
    ['Japanese', '日本語のテスト直', 'Noto Sans CJK JP'],
    ['Korean', '안녕하세요', 'Noto Sans CJK KR'],
    ['Arabic amid Latin', 'abc مرحبا 123 xyz', 'Liberation Sans, Noto Sans Arabic'],
    ['Hebrew with numbers and brackets', 'שלום (עולם) 123, abc', 'Liberation Sans'],
  ])('has the same picture for %s', async (name, text, family) => {
    const direction = name.startsWith('Hebrew with') ? 'rtl' : 'ltr';
    const [ours, pango] = await Promise.all([byUs(text), byPango(text, family, direction)]);

    expect(ours.layer.warnings).toEqual([]);
    const a = inkBox(ours.frame)!;
    const b = inkBox(pango)!;
    expect(Math.abs(a.right - a.left - (b.right - b.left))).toBeLessThanOrEqual(2);
    expect(Math.abs(a.bottom - a.top - (b.bottom - b.top))).toBeLessThanOrEqual(2);
    expect(inkMatch(ours.frame, pango)).toBeGreaterThan(0.99);
  });

  it('differs if the text differs', async () => {
    const [ours, pango] = await Promise.all([byUs('Hello'), byPango('Hallo', 'Liberation Sans')]);
    expect(inkMatch(ours.frame, pango)).toBeLessThan(0.98);
  });
});

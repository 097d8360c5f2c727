import { describe, expect, it } from 'vitest';
import { parseTextOverlay } from '../ffmpeg/policy/overlays/index.ts';
import { drawLayer, openFonts } from './index.ts';

const fonts = openFonts();
const FRAME = { width: 640, height: 360 };

function draw(text: string, style: Record<string, unknown> = {}, library = fonts) {
  const read = parseTextOverlay({ text, style });
  if (!read.ok) throw new Error(read.reason);
  return drawLayer({ kind: 'text', path: '/in/layer-0.svg', overlay: read.overlay, frame: FRAME }, library);
}

describe('drawLayer', () => {
  it('wraps at the width of the frame by default', () => {
    const { width } = draw('word '.repeat(50));
    expect(width).toBeLessThanOrEqual(FRAME.width);
    expect(width).toBeGreaterThan(FRAME.width / 2);
  });
  it('has the size of the text plus its border on each side', () => {
    const [none, some] = [draw('a', { boxBorderW: 30 }), draw('a', { boxBorderW: 80 })];
    expect([some.width - none.width, some.height - none.height]).toEqual([100, 100]);
  });
  it('defines each glyph once', () => {
    const svg = String(draw('aaaaaaaaaa').file);
    expect(svg.match(/<path /g)).toHaveLength(1);
    expect(svg.match(/<use /g)).toHaveLength(10);
  });
  it('cuts a layer to the maximum size, with a warning', () => {
    const tall = draw('a\n'.repeat(1000), { fontSize: 100 });
    expect(tall.height).toBeLessThanOrEqual(8192);
    expect(tall.warnings.join()).toContain('was cut');
    const wide = draw('W'.repeat(4000), { textWidth: 16000, fontSize: 100 });
    expect(wide.width).toBe(8192);
    expect(wide.height).toBeLessThanOrEqual(2048);
    expect(wide.warnings.join()).toContain('was cut');
  });
  it('shrinks text to textHeight, breaks words only as a last resort, and balances the lines', () => {
    const style = { fontSize: 120, textWidth: 500, textHeight: 150, boxBorderW: 0 };
    const fitted = draw('Three little words to balance', style);
    expect(fitted.height).toBeLessThanOrEqual(150 + 2 * 30);
    const word = draw('Unbreakables', { ...style, textHeight: 400 });
    // The text has one line. With two lines, the height would exceed the height of a line at full size.
    expect(word.height).toBeLessThan(120 * 1.3 + 2 * 30);
    const orphan = 'A line of words that ends with only one';
    const [plain, balanced] = [draw(orphan, { fontSize: 40 }), draw(orphan, { fontSize: 40, textHeight: 200 })];
    expect(balanced.width).toBeLessThan(plain.width);
  });
  it('breaks a very long word into lines instead of making it illegibly small', () => {
    const { width, height, warnings } = draw('x'.repeat(200), { fontSize: 60, textWidth: 400, textHeight: 300 });
    expect(width).toBeLessThanOrEqual(400 + 2 * 20);
    expect(height).toBeLessThanOrEqual(300 + 2 * 20);
    expect(warnings).toEqual([]);
  });
  it('draws a rounded box in its color, and a blurred shadow below the letters', () => {
    const svg = String(draw('a', { boxColor: '#ff0000@0.8', boxRadius: 12, shadowBlur: 8 }).file);
    expect(svg).toMatch(/<rect [^>]*rx="12" fill="#ff0000" fill-opacity="0.8"/);
    expect(svg).toMatch(/<feGaussianBlur stdDeviation="4"\/>/);
    expect(svg).toContain('filter="url(#s0)"');
    expect(String(draw('a').file)).not.toContain('filter');
  });
  it('omits the text on a machine without fonts, and adds a warning', () => {
    const layer = draw('Hello', {}, openFonts([]));
    expect(layer).toMatchObject({ width: 1, height: 1 });
    expect(layer.warnings).toEqual(['There is no font on this machine; the text was left out.']);
  });
  it('draws a card in the frame’s size, with a smaller font for a longer quote, and warns if the quote is cut', () => {
    const card = (quote: string, frame = FRAME) =>
      drawLayer(
        { kind: 'card', path: '', card: { quote, name: 'A', handle: '@a', photoUrl: null }, frame, hasPhoto: false },
        fonts,
      );
    expect(card('Short')).toMatchObject({ ...FRAME, warnings: [] });
    expect(card('word '.repeat(100)).warnings).toEqual([]);
    expect(card('word '.repeat(200), { width: 160, height: 90 }).warnings.join()).toContain('too long');
  });
  it('draws a mask with one disc', () => {
    const mask = drawLayer({ kind: 'mask', path: '', diameter: 64 }, fonts);
    expect(mask).toMatchObject({ width: 64, height: 64 });
    expect(String(mask.file)).toContain('<circle cx="32" cy="32" r="32" fill="#ffffff"');
  });
});

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCoverage } from './coverage.ts';
import { openFonts } from './font-library.ts';
import { readFamily } from './font-names.ts';
import { hanVariant } from './han-variant.ts';
import { readCmap, readFaces } from './sfnt.ts';

const DEJAVU = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf';
const CJK = '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc';

describe('readFaces', () => {
  it('reads names and style of a single font', () => {
    expect(readFaces(DEJAVU)).toMatchObject([{ families: ['DejaVu Sans'], weight: 400, italic: false, index: 0 }]);
  });
  it('reads every face of a collection', () => {
    const families = readFaces(CJK).flatMap((face) => face.families);
    expect(families).toEqual(expect.arrayContaining(['Noto Sans CJK JP', 'Noto Sans CJK SC', 'Noto Sans CJK KR']));
  });
  it('returns no faces for a missing, empty or broken file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-fonts-'));
    try {
      const path = join(folder, 'a.ttf');
      expect(readFaces(path)).toEqual([]);
      for (const bytes of ['', 'ttcf', 'x'.repeat(500), `\u0000\u0001\u0000\u0000\u0000\u0009${'y'.repeat(200)}`]) {
        writeFileSync(path, bytes);
        expect(readFaces(path)).toEqual([]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('readCoverage', () => {
  it('reads tables of the formats 4 and 12', () => {
    const latin = readCoverage(readCmap(readFaces(DEJAVU)[0]!));
    expect([0x41, 0x3b1, 0x416, 0x4e00, 0x10ffff].map((code) => latin.has(code))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    const han = readCoverage(readCmap(readFaces(CJK)[0]!));
    expect([0x20, 0x4e00, 0x2000b, 0x628].map((code) => han.has(code))).toEqual([true, true, true, false]);
  });
});

describe('openFonts', () => {
  const fonts = openFonts();

  it.each([
    ['Arial', 'Liberation Sans'],
    ['helvetica', 'Liberation Sans'],
    ['Times New Roman', 'Liberation Serif'],
    ['Courier New', 'Liberation Mono'],
    ['DejaVu Sans', 'DejaVu Sans'],
    ['dejavu sans bold', 'DejaVu Sans'],
    ['Noto Sans CJK', 'Noto Sans CJK SC'],
    ['sans-serif', 'Noto Sans'],
  ])('finds %s as %s', (requested, family) => expect(fonts.find(requested)?.family).toBe(family));

  it('distinguishes bold from regular', () => expect(fonts.find('Arial Bold')).not.toBe(fonts.find('Arial')));
  it('returns null for an unknown family', () => expect(fonts.find('No Such Family')).toBeNull());

  it.each([
    ['Arab', 0x645, 'Noto Sans Arabic'],
    ['Deva', 0x928, 'Noto Sans Devanagari'],
    ['Thai', 0xe17, 'Noto Sans Thai'],
    ['Beng', 0x995, 'Noto Sans Bengali'],
    ['Hani', 0x4e2d, 'Noto Sans CJK TC'],
    ['Zyyy', 0x3001, 'Noto Sans CJK JP'],
  ])('finds a font for the script %s', (script, codePoint, family) => {
    const found = fonts.covering([codePoint], { script, han: 'TC', isBold: false });
    expect(script === 'Zyyy' ? found?.covers(codePoint) : found?.family).toBe(script === 'Zyyy' ? true : family);
  });

  it('returns null for a character that no font has', () =>
    expect(fonts.covering([0x10fff0], { script: 'Zyyy', han: 'SC', isBold: false })).toBeNull());

  it('returns null for all fonts if the folder does not exist', () => {
    const none = openFonts(['/nonexistent']);
    expect([none.find('Arial'), none.lastResort(), none.emoji()]).toEqual([null, null, null]);
  });
});

describe('readFamily', () => {
  it('parses style words only at the end of a name', () => {
    expect(readFamily('Arial Bold Italic')).toEqual({ family: 'Arial', weight: 700, italic: true });
    expect(readFamily('Bold')).toEqual({ family: 'Bold', weight: 400, italic: false });
    expect(readFamily('"Noto Sans", Arial')).toMatchObject({ family: 'Noto Sans' });
  });
});

describe('hanVariant', () => {
  it.each([
    ['简体中文测试', 'SC'],
    ['繁體中文測試', 'TC'],
    ['日本語の漢字', 'JP'],
    ['漢字와 한글', 'KR'],
    ['ㄅㄆ注音', 'TC'],
    ['hello', 'SC'],
  ])('detects the variant of %s: %s', (text, variant) => expect(hanVariant(text)).toBe(variant));
});

describe('a font file that is deleted while the service runs', () => {
  it('counts as missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-fonts-'));
    try {
      copyFileSync(DEJAVU, join(folder, 'a.ttf'));
      const fonts = openFonts([folder]);
      expect(fonts.find('No Such Family')).toBeNull();
      rmSync(join(folder, 'a.ttf'));
      expect([fonts.find('DejaVu Sans'), fonts.covering([0x41], { script: 'Latn', han: 'SC', isBold: false })]).toEqual(
        [null, null],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

import type { FontFace, FontLibrary } from './font-library.ts';
import { hanVariant } from './han-variant.ts';
import { type FontChoice, itemise, type Paragraph, type Run } from './itemise.ts';
import { breakOpportunities, wrap } from './line-break.ts';
import type { LoadedFont, ShapedGlyph } from './loaded-font.ts';

export interface TextStyle {
  font: string;
  /** Font size in pixels per em. */
  fontSize: number;
  /** Pixels between lines. */
  lineSpacing: number;
  /** `start` aligns each paragraph by its direction. */
  align: 'left' | 'center' | 'right' | 'start';
  charsPerLine: number | null;
  /** Maximum width in pixels. */
  maxWidth: number | null;
  /** Maximum height in pixels. Lines that do not fit into this height are dropped, except the first line. */
  maxHeight: number;
}

export interface PlacedGlyph {
  font: LoadedFont;
  glyph: number;
  /** Glyph origin, pixels from the left of the block. */
  x: number;
  /** Baseline, pixels from the top of the block. */
  y: number;
  /** Pixels per font unit. */
  scale: number;
}

export interface TextBlock {
  /** Width in full pixels. */
  width: number;
  height: number;
  glyphs: PlacedGlyph[];
  /** Whether the first line is right-to-left. */
  isRightToLeft: boolean;
  lines: number;
  /** The text of each line. */
  texts: string[];
  /** Whether a character is not in the primary font, so that another program may choose another font for the character. */
  hasFallback: boolean;
  /** Whether a line ends within a word that is longer than a line. */
  breaksWord: boolean;
  /** Whether text was dropped because it exceeded `maxHeight`. */
  isCut: boolean;
  warnings: string[];
}

/** Pixels above and below the baseline. */
interface Metrics {
  ascent: number;
  descent: number;
}

interface Line extends Metrics {
  breaksWord: boolean;
  text: string;
  isRightToLeft: boolean;
  glyphs: PlacedGlyph[];
  width: number;
}

/**
 * Lays out text: splits paragraphs at line breaks, applies bidirectional order (UAX 9), chooses fonts and scripts, shapes with HarfBuzz,
 * wraps and aligns. Fonts are chosen per character, so any text is drawn for which the machine has fonts. Missing characters cause a
 * warning and are drawn as the font's empty box. Returns null on a machine without fonts.
 */
export function layoutText(text: string, style: TextStyle, fonts: FontLibrary): TextBlock | null {
  const requested = fonts.find(style.font);
  const primary = requested ?? fonts.lastResort();
  if (!primary) return null;
  const choice: FontChoice = { fonts, primary, han: hanVariant(text), missing: new Set(), noEmoji: false };
  const all: Line[] = [];
  const base = metrics(primary.load(), style.fontSize);
  for (const paragraph of text.split('\n')) {
    // Text far below the last visible line is not laid out.
    if (all.length * (base.ascent + base.descent + style.lineSpacing) > style.maxHeight) break;
    all.push(...layoutParagraph(itemise(paragraph, choice), style, base));
  }
  // All lines get the same height, because even spacing looks better than the minimum height of each line.
  const ascent = all.reduce((most, line) => Math.max(most, line.ascent), 0);
  const descent = all.reduce((most, line) => Math.max(most, line.descent), 0);
  const step = ascent + descent + style.lineSpacing;
  const fitting = Math.max(1, Math.floor((style.maxHeight + style.lineSpacing) / step));
  const lines = all.slice(0, fitting);
  lines.forEach((line, at) => {
    for (const glyph of line.glyphs) glyph.y += at * step + ascent;
  });
  const width = lines.reduce((most, line) => Math.max(most, line.width), 1);
  for (const line of lines) {
    const side = style.align === 'start' ? (line.isRightToLeft ? 'right' : 'left') : style.align;
    const shift = side === 'left' ? 0 : (width - line.width) / (side === 'center' ? 2 : 1);
    for (const glyph of line.glyphs) glyph.x += shift;
  }
  return {
    width: Math.ceil(width),
    height: Math.max(1, Math.ceil(lines.length * step - style.lineSpacing)),
    glyphs: lines.flatMap((line) => line.glyphs),
    isRightToLeft: lines[0]?.isRightToLeft ?? false,
    lines: lines.length,
    texts: lines.map((line) => line.text),
    hasFallback: lines.some(({ glyphs }) => glyphs.some(({ font }) => font !== primary.load())),
    breaksWord: lines.some((line) => line.breaksWord),
    isCut: lines.length < text.split('\n').length || lines.length < all.length,
    warnings: fontWarnings(style.font, requested, primary, choice),
  };
}

function metrics(font: LoadedFont, fontSize: number): Metrics {
  const scale = fontSize / font.unitsPerEm;
  return { ascent: font.ascender * scale, descent: font.descender * scale };
}

function layoutParagraph(paragraph: Paragraph, style: TextStyle, base: Metrics): Line[] {
  const shaped = paragraph.runs.map((run) => shapeRun(paragraph.text, run));
  const limits = { characters: style.charsPerLine, width: style.maxWidth };
  const advances = measure(paragraph, shaped, style.fontSize);
  const mayBreak = breakOpportunities(paragraph.text, paragraph.graphemes);
  return wrap(paragraph.text, paragraph.graphemes, advances, limits, mayBreak).map(([first, end]) => {
    const range = { start: paragraph.graphemes[first]!, end: paragraph.graphemes[end]! };
    const line = layoutLine(paragraph, shaped, range, style.fontSize, base);
    return { ...line, text: paragraph.text.slice(range.start, range.end), breaksWord: first > 0 && !mayBreak[first] };
  });
}

function shapeRun(text: string, { start, end, face, script, level }: Run): ShapedGlyph[] {
  return face.load().shape({ text, start, end, rtl: level % 2 === 1, script });
}

/** Returns the advance of each grapheme in pixels. The advance of a ligature counts for its first grapheme. */
function measure(paragraph: Paragraph, shaped: readonly ShapedGlyph[][], fontSize: number): number[] {
  const byUnit = new Float64Array(paragraph.text.length + 1);
  paragraph.runs.forEach((run, at) => {
    const scale = fontSize / run.face.load().unitsPerEm;
    for (const glyph of shaped[at]!) byUnit[glyph.cluster]! += glyph.advance * scale;
  });
  return paragraph.graphemes.slice(0, -1).map((start, at) => {
    let sum = 0;
    for (let unit = start; unit < paragraph.graphemes[at + 1]!; unit++) sum += byUnit[unit]!;
    return sum;
  });
}

/** Lays out one line in visual order, and reshapes runs that the line break splits. `start` and `end` are offsets in UTF-16 units. */
function layoutLine(
  paragraph: Paragraph,
  shaped: readonly ShapedGlyph[][],
  { start, end }: { start: number; end: number },
  fontSize: number,
  base: Metrics,
): Line {
  const line: Line = {
    isRightToLeft: paragraph.level === 1,
    breaksWord: false,
    text: '',
    glyphs: [],
    width: 0,
    ...base,
  };
  const pieces: { run: Run; glyphs: ShapedGlyph[] }[] = [];
  for (let at = firstRun(paragraph.runs, start); at < paragraph.runs.length; at++) {
    const run = paragraph.runs[at]!;
    if (run.start >= end) break;
    const isComplete = run.start >= start && run.end <= end;
    const piece = isComplete ? run : { ...run, start: Math.max(run.start, start), end: Math.min(run.end, end) };
    pieces.push({ run: piece, glyphs: isComplete ? shaped[at]! : shapeRun(paragraph.text, piece) });
  }
  for (const { run, glyphs } of visualOrder(pieces)) {
    const font = run.face.load();
    const scale = fontSize / font.unitsPerEm;
    for (const glyph of glyphs) {
      // Uses only as much of a fallback font's height as its ink needs. The full height of Noto Sans Arabic would double the line height.
      const ink = font.ink(glyph.glyph);
      line.ascent = Math.max(line.ascent, Math.min(font.ascender, ink.top) * scale);
      line.descent = Math.max(line.descent, Math.min(font.descender, ink.bottom) * scale);
      const x = line.width + glyph.xOffset * scale;
      line.glyphs.push({ font, glyph: glyph.glyph, x, y: -glyph.yOffset * scale, scale });
      line.width += glyph.advance * scale;
    }
  }
  return line;
}

/** Returns the index of the run that contains a UTF-16 unit, by binary search. */
function firstRun(runs: readonly Run[], unit: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.end <= unit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Applies rule L2 of UAX 9: from the highest level to the lowest odd level, reverses all runs at that level or above. */
function visualOrder<T extends { run: Run }>(pieces: T[]): T[] {
  const levels = pieces.map(({ run }) => run.level);
  const highest = Math.max(0, ...levels);
  let ordered = pieces;
  for (let level = highest; level > 0; level--) {
    const next: T[] = [];
    for (let at = 0; at < ordered.length; ) {
      let end = at;
      while (end < ordered.length && ordered[end]!.run.level >= level) end++;
      if (end === at) next.push(ordered[at++]!);
      else {
        next.push(...ordered.slice(at, end).reverse());
        at = end;
      }
    }
    ordered = next;
  }
  return ordered;
}

function fontWarnings(name: string, requested: FontFace | null, primary: FontFace, choice: FontChoice): string[] {
  const warnings: string[] = [];
  if (!requested) warnings.push(`There is no font "${name}" on this machine; ${primary.family} was used instead.`);
  if (choice.noEmoji) warnings.push('There is no color emoji font on this machine; emoji are drawn in one color.');
  const missing = [...choice.missing]
    .slice(0, 8)
    .map((code) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`);
  if (missing.length > 0) {
    const more = choice.missing.size > missing.length ? ` and ${choice.missing.size - missing.length} more` : '';
    warnings.push(`No font on this machine has ${missing.join(', ')}${more}; an empty box is shown instead.`);
  }
  return warnings;
}

import type { FontFace, FontLibrary } from './font-library.ts';
import { hanVariant } from './han-variant.ts';
import { type FontChoice, itemise, type Paragraph, type Run } from './itemise.ts';
import { wrap } from './line-break.ts';
import type { LoadedFont, ShapedGlyph } from './loaded-font.ts';

export interface TextStyle {
  font: string;
  /** Pixels of an em. */
  fontSize: number;
  /** Pixels between the lines. */
  lineSpacing: number;
  /** `start`: each paragraph on the side on which it begins. */
  align: 'left' | 'center' | 'right' | 'start';
  charsPerLine: number | null;
  /** Pixels. */
  maxWidth: number | null;
  /** Pixels; lines that would begin below are left out. */
  maxHeight: number;
}

export interface PlacedGlyph {
  font: LoadedFont;
  glyph: number;
  /** Pixels from the block's left, of the glyph's origin. */
  x: number;
  /** Pixels from the block's top, of the baseline. */
  y: number;
  /** Pixels per font unit. */
  scale: number;
}

export interface TextBlock {
  /** Whole pixels. */
  width: number;
  height: number;
  glyphs: PlacedGlyph[];
  /** The first paragraph runs from right to left. */
  isRightToLeft: boolean;
  /** Text that did not fit into `maxHeight`. */
  isCut: boolean;
  warnings: string[];
}

/** Pixels above and below the baseline. */
interface Metrics {
  ascent: number;
  descent: number;
}

interface Line extends Metrics {
  isRightToLeft: boolean;
  glyphs: PlacedGlyph[];
  width: number;
}

/**
 * Lays out text: paragraphs by line ends, bidirectional order (UAX 9), fonts and scripts, HarfBuzz shaping, wrapping,
 * alignment. Fonts are chosen by character, so any text for which the machine has fonts is drawn; what is missing is
 * said in a warning and drawn as the font's own empty box. Null on a machine without any font.
 */
export function layoutText(text: string, style: TextStyle, fonts: FontLibrary): TextBlock | null {
  const asked = fonts.find(style.font);
  const primary = asked ?? fonts.lastResort();
  if (!primary) return null;
  const choice: FontChoice = { fonts, primary, han: hanVariant(text), missing: new Set(), noEmoji: false };
  const all: Line[] = [];
  const base = metrics(primary.load(), style.fontSize);
  for (const paragraph of text.split('\n')) {
    // Text far below the last line that could be seen is not laid out at all.
    if (all.length * (base.ascent + base.descent + style.lineSpacing) > style.maxHeight) break;
    all.push(...layoutParagraph(itemise(paragraph, choice), style, base));
  }
  // One height for all lines: even spacing looks better than the least that each line needs.
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
    isCut: lines.length < text.split('\n').length || lines.length < all.length,
    warnings: fontWarnings(style.font, asked, primary, choice),
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
  return wrap(paragraph.text, paragraph.graphemes, advances, limits).map(([first, end]) =>
    setLine(paragraph, shaped, paragraph.graphemes[first]!, paragraph.graphemes[end]!, style.fontSize, base),
  );
}

function shapeRun(text: string, { start, end, face, script, level }: Run): ShapedGlyph[] {
  return face.load().shape({ text, start, end, rtl: level % 2 === 1, script });
}

/** Pixels that each grapheme moves the pen; a ligature counts for its first grapheme. */
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

/** One line in visual order; runs that the line cuts are shaped again. */
function setLine(
  paragraph: Paragraph,
  shaped: readonly ShapedGlyph[][],
  start: number,
  end: number,
  fontSize: number,
  base: Metrics,
): Line {
  const line: Line = { isRightToLeft: paragraph.level === 1, glyphs: [], width: 0, ...base };
  const pieces: { run: Run; glyphs: ShapedGlyph[] }[] = [];
  for (let at = firstRun(paragraph.runs, start); at < paragraph.runs.length; at++) {
    const run = paragraph.runs[at]!;
    if (run.start >= end) break;
    const isWhole = run.start >= start && run.end <= end;
    const piece = isWhole ? run : { ...run, start: Math.max(run.start, start), end: Math.min(run.end, end) };
    pieces.push({ run: piece, glyphs: isWhole ? shaped[at]! : shapeRun(paragraph.text, piece) });
  }
  for (const { run, glyphs } of visualOrder(pieces)) {
    const font = run.face.load();
    const scale = fontSize / font.unitsPerEm;
    for (const glyph of glyphs) {
      // As much of a fallback font's height as its ink needs: Noto Sans Arabic alone would double the line.
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

/** The run that holds a UTF-16 unit, by bisection. */
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

/** Rule L2 of UAX 9 over runs: from the highest level down to the lowest odd one, reverse what lies at it or above. */
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

function fontWarnings(name: string, asked: FontFace | null, primary: FontFace, choice: FontChoice): string[] {
  const warnings: string[] = [];
  if (!asked) warnings.push(`There is no font "${name}" on this machine; ${primary.family} was used.`);
  if (choice.noEmoji) warnings.push('There is no font of colour emoji on this machine; they are drawn in one colour.');
  const missing = [...choice.missing]
    .slice(0, 8)
    .map((code) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`);
  if (missing.length > 0) {
    const more = choice.missing.size > missing.length ? ` and ${choice.missing.size - missing.length} more` : '';
    warnings.push(`No font on this machine has ${missing.join(', ')}${more}; an empty box is shown instead.`);
  }
  return warnings;
}

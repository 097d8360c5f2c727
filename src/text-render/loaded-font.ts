import { readFileSync } from 'node:fs';
import { Blob, Direction, Face, Font, Buffer as ShapeBuffer, shape } from 'harfbuzzjs';

/** A glyph of a shaped run, in font units. `cluster` = offset in the paragraph in UTF-16 units. */
export interface ShapedGlyph {
  glyph: number;
  cluster: number;
  advance: number;
  xOffset: number;
  yOffset: number;
}

export interface ShapeRequest {
  /** The entire paragraph, so that letters join across the ends of the run. */
  text: string;
  start: number;
  end: number;
  rtl: boolean;
  /** ISO 15924 code. */
  script: string;
}

/** A color bitmap of a glyph, with its top left corner and its size in font units. `y` points upwards. */
export interface GlyphPicture {
  png: Uint8Array;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A font face in HarfBuzz's memory, with a cache of its glyphs. */
export interface LoadedFont {
  unitsPerEm: number;
  /** In font units. `descender` is positive downwards. */
  ascender: number;
  descender: number;
  shape(request: ShapeRequest): ShapedGlyph[];
  /** Returns the outline in font units, with y upwards: path commands and their coordinates. */
  outline(glyph: number): { type: string; values: number[] }[];
  /**
   * Returns the highest and lowest ink of a glyph in font units, with `bottom` positive downwards. For bitmaps, returns the font's extents.
   */
  ink(glyph: number): { top: number; bottom: number };
  /** Returns null for a glyph without a bitmap. */
  picture(glyph: number): GlyphPicture | null;
}

/** UTF-16 units of context on each side of a run. The context can affect the shapes of the run. */
const CONTEXT = 16;
/** Bytes of the PNG signature, and of the IHDR chunk up to width and height. */
const PNG_HEADER = 24;

/** A font file in HarfBuzz's memory. The faces of a collection share this file. */
export interface FontFile {
  /** Returns the face at an index. Throws if the face does not exist. */
  face(index: number): LoadedFont;
}

/** Loads a complete file into memory, which is never freed. Throws if the file cannot be read. */
export function loadFontFile(path: string): FontFile {
  const blob = new Blob(readFileSync(path));
  const faces = new Map<number, LoadedFont>();
  return { face: (index) => remember(faces, index, () => loadFace(blob, index)) };
}

function loadFace(blob: Blob, index: number): LoadedFont {
  const face = new Face(blob, index);
  const font = new Font(face);
  const extents = font.hExtents();
  const buffer = new ShapeBuffer();
  const outlines = new Map<number, { type: string; values: number[] }[]>();
  const pictures = new Map<number, GlyphPicture | null>();
  const inks = new Map<number, { top: number; bottom: number }>();
  const hasPictures = face.hasColorPng();
  return {
    unitsPerEm: face.upem,
    ascender: extents.ascender,
    descender: -extents.descender,
    shape: ({ text, start, end, rtl, script }) => {
      const from = Math.max(0, start - CONTEXT);
      buffer.reset();
      buffer.addText(text.slice(from, end + CONTEXT), start - from, end - start);
      buffer.setDirection(rtl ? Direction.RTL : Direction.LTR);
      buffer.setScript(script);
      buffer.setLanguage('und');
      shape(font, buffer);
      const positions = buffer.getGlyphPositions();
      return buffer.getGlyphInfos().map((info, at) => ({
        glyph: info.codepoint,
        cluster: info.cluster + from,
        advance: positions[at]!.xAdvance,
        xOffset: positions[at]!.xOffset,
        yOffset: positions[at]!.yOffset,
      }));
    },
    outline: (glyph) => remember(outlines, glyph, () => font.glyphToJson(glyph)),
    ink: (glyph) =>
      remember(inks, glyph, () => {
        const ink = font.glyphExtents(glyph);
        return ink
          ? { top: ink.yBearing, bottom: -(ink.yBearing + ink.height) }
          : { top: extents.ascender, bottom: -extents.descender };
      }),
    picture: (glyph) =>
      hasPictures ? remember(pictures, glyph, () => readPicture(font, glyph, extents.ascender)) : null,
  };
}

/**
 * Reads the bitmap of a glyph. Assumes that the bitmap fills the glyph's advance and starts at the ascender, as in emoji fonts. HarfBuzz
 * reports no extents of bitmaps, and these values match the metrics in Noto's CBDT table to within one percent.
 */
function readPicture(font: Font, glyph: number, ascender: number): GlyphPicture | null {
  const png = font.getGlyphColorPng(glyph);
  if (!png || png.length < PNG_HEADER) return null;
  const header = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const width = font.glyphHAdvance(glyph);
  return { png, x: 0, y: ascender, width, height: (width * header.getUint32(20)) / Math.max(1, header.getUint32(16)) };
}

function remember<T>(cache: Map<number, T>, key: number, make: () => T): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const created = make();
  cache.set(key, created);
  return created;
}

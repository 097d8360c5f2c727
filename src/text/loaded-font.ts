import { readFileSync } from 'node:fs';
import { Blob, Direction, Face, Font, Buffer as ShapeBuffer, shape } from 'harfbuzzjs';

/** One glyph of a shaped run, in font units; `cluster` = UTF-16 index into the text that was shaped. */
export interface ShapedGlyph {
  glyph: number;
  cluster: number;
  advance: number;
  xOffset: number;
  yOffset: number;
}

export interface ShapeRequest {
  /** The paragraph; letters join across the ends of the run. */
  text: string;
  start: number;
  end: number;
  rtl: boolean;
  /** ISO 15924. */
  script: string;
}

/** A colour picture of a glyph; the place of its top left corner and its size in font units, y upwards. */
export interface GlyphPicture {
  png: Uint8Array;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A font in HarfBuzz's memory, with what was asked of it kept. */
export interface LoadedFont {
  unitsPerEm: number;
  /** Font units; descender is positive downwards. */
  ascender: number;
  descender: number;
  shape(request: ShapeRequest): ShapedGlyph[];
  /** Outline in font units, y upwards: command letters with their numbers. */
  outline(glyph: number): { type: string; values: number[] }[];
  /** Highest and lowest ink of a glyph in font units, the latter positive downwards; as high as the font for pictures. */
  ink(glyph: number): { top: number; bottom: number };
  /** Null for glyphs without a picture. */
  picture(glyph: number): GlyphPicture | null;
}

/** UTF-16 units on each side of a run that can change its shapes. */
const CONTEXT = 16;
/** Signature, and the IHDR chunk with width and height. */
const PNG_HEADER = 24;

/** A font file in HarfBuzz's memory; the faces of a collection share it. */
export interface FontFile {
  /** The face of an index. Throws when there is none. */
  face(index: number): LoadedFont;
}

/** Loads a file whole: its size of memory from then on. Throws when it cannot be read. */
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
 * A bitmap glyph fills its advance and hangs from the ascender, which is how fonts of emoji are made: HarfBuzz reports no
 * extents of bitmaps, and these agree with the metrics in Noto's CBDT table to a unit in a hundred.
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
  const made = make();
  cache.set(key, made);
  return made;
}

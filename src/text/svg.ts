import type { Color } from '../media/overlays/types.ts';
import type { PlacedGlyph } from './layout.ts';
import type { GlyphPicture } from './loaded-font.ts';

/** Glyphs at a place of the drawing, in one colour. */
export interface GlyphGroup {
  glyphs: readonly PlacedGlyph[];
  x: number;
  y: number;
  color: Color;
  outline: { thickness: number; color: Color } | null;
}

/** A drawing under way: definitions are shared by every group of it. */
export interface Drawing {
  rectangle(at: { x: number; y: number; width: number; height: number }, fill: Color, radius?: number): void;
  circle(at: { x: number; y: number }, radius: number, fill: Color): void;
  glyphs(group: GlyphGroup): void;
  /** False once the pictures of emoji have filled their share; the rest were left out. */
  isComplete(): boolean;
  finish(): Buffer;
}

/** A drawn layer: an SVG for FFmpeg's `-f svg_pipe`, its size in pixels, and what could not be drawn as asked. */
export interface DrawnLayer {
  svg: Buffer;
  width: number;
  height: number;
  warnings: string[];
}

/** Bytes of the pictures in one drawing; as many as all emoji that there are would need. */
const MAX_PICTURE_BYTES = 16 * 1024 * 1024;
/** Glyphs are written in whole 32nds of a pixel: half the bytes and half the time of decimals. */
const UNITS = 32;
const SCALE = `transform="scale(${1 / UNITS})"`;

/**
 * An SVG of outlines and embedded pictures alone: no text, no style sheets, and references only into itself. Nothing of
 * what a caller wrote is in it but numbers of glyphs.
 */
export function startDrawing(width: number, height: number): Drawing {
  const definitions: string[] = [];
  const body: string[] = [];
  const ids = new Map<object, Map<string, string | null>>();
  let pictureBytes = 0;
  let isComplete = true;
  const define = (glyph: PlacedGlyph): string | null => {
    const known = ids.get(glyph.font) ?? new Map<string, string | null>();
    ids.set(glyph.font, known);
    const key = `${glyph.glyph} ${glyph.scale}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const picture = glyph.font.picture(glyph.glyph);
    let id: string | null = `${picture ? 'p' : 'g'}${definitions.length}`;
    if (picture && pictureBytes + picture.png.length > MAX_PICTURE_BYTES) {
      isComplete = false;
      id = null;
    } else if (picture) {
      pictureBytes += picture.png.length;
      definitions.push(pictureElement(id, picture, glyph.scale));
    } else {
      const data = pathData(glyph);
      if (data === '') id = null;
      else definitions.push(`<path id="${id}" d="${data}"/>`);
    }
    known.set(key, id);
    return id;
  };
  return {
    rectangle: (at, fill, radius = 0) => {
      const place = `x="${round(at.x)}" y="${round(at.y)}" width="${round(at.width)}" height="${round(at.height)}"`;
      body.push(`<rect ${place} rx="${round(radius)}" fill="${fill.rgb}" fill-opacity="${opacity(fill)}"/>`);
    },
    circle: (at, radius, fill) => {
      body.push(
        `<circle cx="${round(at.x)}" cy="${round(at.y)}" r="${round(radius)}" fill="${fill.rgb}" fill-opacity="${opacity(fill)}"/>`,
      );
    },
    glyphs: ({ glyphs, x, y, color, outline }) => {
      const uses: string[] = [];
      const outlined: string[] = [];
      for (const glyph of glyphs) {
        const left = x + glyph.x;
        const top = y + glyph.y;
        // Ten em around the drawing is more than any glyph's ink; what lies further away cannot be seen.
        const far = 20 * glyph.scale * glyph.font.unitsPerEm;
        if (left > width + far || top > height + far || left < -far || top < -far) continue;
        const id = define(glyph);
        if (id === null) continue;
        const use = `<use xlink:href="#${id}" x="${units(left)}" y="${units(top)}"/>`;
        uses.push(use);
        if (id.startsWith('g')) outlined.push(use);
      }
      if (outline && outlined.length > 0) {
        // Half of a stroke lies inside the letter and is covered by it.
        const stroke = `stroke="${outline.color.rgb}" stroke-width="${units(2 * outline.thickness)}" stroke-linejoin="round"`;
        body.push(
          `<g ${SCALE} fill="${outline.color.rgb}" ${stroke} opacity="${opacity(outline.color)}">${outlined.join('')}</g>`,
        );
      }
      // Opacity of the group, not of each letter: where letters touch they must not show through each other.
      if (uses.length > 0)
        body.push(`<g ${SCALE} fill="${color.rgb}" opacity="${opacity(color)}">${uses.join('')}</g>`);
    },
    isComplete: () => isComplete,
    finish: () =>
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" ` +
          `viewBox="0 0 ${width} ${height}"><defs>${definitions.join('')}</defs>${body.join('')}</svg>`,
      ),
  };
}

function pathData({ font, glyph, scale }: PlacedGlyph): string {
  const parts: string[] = [];
  for (const { type, values } of font.outline(glyph)) {
    const numbers = values.map((value, at) => units(at % 2 === 0 ? value * scale : -value * scale));
    parts.push(type + numbers.join(' '));
  }
  return parts.join('');
}

function pictureElement(id: string, picture: GlyphPicture, scale: number): string {
  const place = `x="${units(picture.x * scale)}" y="${units(-picture.y * scale)}"`;
  const size = `width="${units(picture.width * scale)}" height="${units(picture.height * scale)}"`;
  const data = Buffer.from(picture.png).toString('base64');
  return `<image id="${id}" ${place} ${size} preserveAspectRatio="none" xlink:href="data:image/png;base64,${data}"/>`;
}

function units(pixels: number): number {
  return Math.round(pixels * UNITS);
}

function opacity(color: Color): string {
  return round(color.alpha, 1000);
}

function round(value: number, steps = 100): string {
  return String(Math.round(value * steps) / steps);
}

import type { Color } from '../ffmpeg/policy/overlays/types.ts';
import type { PlacedGlyph } from './layout.ts';
import type { GlyphPicture } from './loaded-font.ts';

/** Glyphs at a position of the drawing, in one color. */
export interface GlyphGroup {
  glyphs: readonly PlacedGlyph[];
  x: number;
  y: number;
  color: Color;
  outline: { thickness: number; color: Color } | null;
  /** Absent or null = no shadow. */
  shadow?: { blur: number; color: Color } | null;
}

/** An unfinished drawing. Its groups share definitions. */
export interface Drawing {
  rectangle(at: { x: number; y: number; width: number; height: number }, fill: Color, radius?: number): void;
  circle(at: { x: number; y: number }, radius: number, fill: Color): void;
  glyphs(group: GlyphGroup): void;
  /** Returns false if emoji were dropped because their bitmaps exceeded the limit. */
  isComplete(): boolean;
  finish(): Buffer;
}

/** A drawn layer: an SVG for FFmpeg's `-f svg_pipe` or a script of captions, its size in pixels, and warnings. */
export interface DrawnLayer {
  file: Buffer;
  width: number;
  height: number;
  warnings: string[];
}

/** Maximum bytes of the bitmaps in a drawing, enough for all existing emoji. */
const MAX_PICTURE_BYTES = 16 * 1024 * 1024;
/** Units per pixel. Coordinates are integers in these units, which need half the size and half the time of decimals. */
const UNITS = 32;
const SCALE = `transform="scale(${1 / UNITS})"`;

/**
 * Starts an SVG that contains only outlines and embedded bitmaps: no text, no style sheets, and no external references. User input becomes
 * part of the SVG only as glyph ids.
 */
export function startDrawing(width: number, height: number): Drawing {
  return new SvgDrawing(width, height);
}

class SvgDrawing implements Drawing {
  readonly #width: number;
  readonly #height: number;
  readonly #glyphs = new GlyphDefinitions();
  readonly #filters: string[] = [];
  readonly #body: string[] = [];

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  rectangle(at: { x: number; y: number; width: number; height: number }, fill: Color, radius = 0): void {
    const box = `x="${round(at.x)}" y="${round(at.y)}" width="${round(at.width)}" height="${round(at.height)}"`;
    this.#body.push(`<rect ${box} rx="${round(radius)}" fill="${fill.rgb}" fill-opacity="${opacity(fill)}"/>`);
  }

  circle(at: { x: number; y: number }, radius: number, fill: Color): void {
    this.#body.push(
      `<circle cx="${round(at.x)}" cy="${round(at.y)}" r="${round(radius)}" fill="${fill.rgb}" fill-opacity="${opacity(fill)}"/>`,
    );
  }

  glyphs(group: GlyphGroup): void {
    const { uses, outlined } = this.#useGlyphs(group);
    const { color, outline, shadow } = group;
    if (shadow && outlined.length > 0) {
      const stroke = outline ? ` stroke="${shadow.color.rgb}" stroke-width="${units(2 * outline.thickness)}"` : '';
      this.#body.push(
        `<g opacity="${opacity(shadow.color)}" filter="url(#${this.#shadowFilter(shadow.blur)})">` +
          `<g ${SCALE} fill="${shadow.color.rgb}"${stroke} stroke-linejoin="round">${outlined.join('')}</g></g>`,
      );
    }
    if (outline && outlined.length > 0) {
      // The letter covers the inner half of a stroke.
      const stroke = `stroke="${outline.color.rgb}" stroke-width="${units(2 * outline.thickness)}" stroke-linejoin="round"`;
      this.#body.push(
        `<g ${SCALE} fill="${outline.color.rgb}" ${stroke} opacity="${opacity(outline.color)}">${outlined.join('')}</g>`,
      );
    }
    // The opacity applies to the group instead of each letter, so that overlapping letters do not show through each other.
    if (uses.length > 0)
      this.#body.push(`<g ${SCALE} fill="${color.rgb}" opacity="${opacity(color)}">${uses.join('')}</g>`);
  }

  /**
   * Defines the blur of a shadow, slightly below the letters, and returns the id of the filter. The blur's standard deviation is half of
   * the length over which the blur fades out, as CSS defines it.
   */
  #shadowFilter(blur: number): string {
    const id = `s${this.#filters.length}`;
    const region = `filterUnits="userSpaceOnUse" x="0" y="0" width="${this.#width}" height="${this.#height}"`;
    this.#filters.push(
      `<filter id="${id}" ${region} color-interpolation-filters="sRGB"><feGaussianBlur stdDeviation="${round(blur / 2)}"/>` +
        `<feOffset dy="${round(blur / 4)}"/></filter>`,
    );
    return id;
  }

  isComplete(): boolean {
    return this.#glyphs.isComplete;
  }

  finish(): Buffer {
    const [width, height] = [this.#width, this.#height];
    return Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" ` +
        `viewBox="0 0 ${width} ${height}"><defs>${this.#filters.join('')}${this.#glyphs.elements.join('')}</defs>${this.#body.join('')}</svg>`,
    );
  }

  /** Returns elements of the visible glyphs, and of the glyphs that can have an outline. */
  #useGlyphs({ glyphs, x, y }: GlyphGroup): { uses: string[]; outlined: string[] } {
    const uses: string[] = [];
    const outlined: string[] = [];
    for (const glyph of glyphs) {
      const left = x + glyph.x;
      const top = y + glyph.y;
      // Glyphs that are too far outside the drawing to be visible are ignored. No glyph's ink extends that far.
      const far = 20 * glyph.scale * glyph.font.unitsPerEm;
      if (left > this.#width + far || top > this.#height + far || left < -far || top < -far) continue;
      const id = this.#glyphs.define(glyph);
      if (id === null) continue;
      const use = `<use xlink:href="#${id}" x="${units(left)}" y="${units(top)}"/>`;
      uses.push(use);
      if (id.startsWith('g')) outlined.push(use);
    }
    return { uses, outlined };
  }
}

/** Definitions of the glyphs of a drawing. Each glyph is defined once. */
class GlyphDefinitions {
  readonly elements: string[] = [];
  isComplete = true;
  readonly #ids = new Map<object, Map<string, string | null>>();
  #pictureBytes = 0;

  /** Returns the id of the glyph; null if the glyph has no ink or was dropped. */
  define(glyph: PlacedGlyph): string | null {
    const known = this.#ids.get(glyph.font) ?? new Map<string, string | null>();
    this.#ids.set(glyph.font, known);
    const key = `${glyph.glyph} ${glyph.scale}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const picture = glyph.font.picture(glyph.glyph);
    const id = picture ? this.#addPicture(picture, glyph.scale) : this.#addPath(glyph);
    known.set(key, id);
    return id;
  }

  #addPicture(picture: GlyphPicture, scale: number): string | null {
    if (this.#pictureBytes + picture.png.length > MAX_PICTURE_BYTES) {
      this.isComplete = false;
      return null;
    }
    this.#pictureBytes += picture.png.length;
    const id = `p${this.elements.length}`;
    this.elements.push(pictureElement(id, picture, scale));
    return id;
  }

  #addPath(glyph: PlacedGlyph): string | null {
    const data = pathData(glyph);
    if (data === '') return null;
    const id = `g${this.elements.length}`;
    this.elements.push(`<path id="${id}" d="${data}"/>`);
    return id;
  }
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
  const box = `x="${units(picture.x * scale)}" y="${units(-picture.y * scale)}"`;
  const size = `width="${units(picture.width * scale)}" height="${units(picture.height * scale)}"`;
  const data = Buffer.from(picture.png).toString('base64');
  return `<image id="${id}" ${box} ${size} preserveAspectRatio="none" xlink:href="data:image/png;base64,${data}"/>`;
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

import { cardGeometry, type Rectangle } from '../ffmpeg/policy/overlays/card-geometry.ts';
import { hasHeader } from '../ffmpeg/policy/overlays/overlay-filters.ts';
import type { CardLayer } from '../ffmpeg/types.ts';
import type { FontLibrary } from './font-library.ts';
import { layoutText, type TextBlock } from './layout.ts';
import { type Drawing, type DrawnLayer, startDrawing } from './svg.ts';

const DIM = { rgb: '#000000', alpha: 0.4 };
const CARD = { rgb: '#ffffff', alpha: 0.96 };
const INK = { rgb: '#0f1419', alpha: 1 };
const SECONDARY = { rgb: '#536471', alpha: 1 };
const PHOTO_BACKGROUND = { rgb: '#cfd9de', alpha: 1 };
/** Minimum legible font size in pixels. */
const MIN_FONT_SIZE = 10;
/** Font sizes of a quote as fractions of the frame's short side, largest first. The first size that fits is used. */
const QUOTE_SIZES = [0.09, 0.075, 0.065, 0.055, 0.047, 0.04, 0.034, 0.029, 0.025, 0.021, 0.018];

/**
 * Draws a quote card in the frame's size: a dark layer that dims the video, and a white card with name and handle at the top and the quote
 * below.
 */
export function drawCard({ card, frame, hasPhoto }: CardLayer, fonts: FontLibrary): DrawnLayer {
  const short = Math.min(frame.width, frame.height);
  const areas = cardGeometry(frame, { photo: hasPhoto, header: hasHeader(card) });
  const drawing = startDrawing(frame.width, frame.height);
  drawing.rectangle({ x: 0, y: 0, width: frame.width, height: frame.height }, DIM);
  drawing.rectangle(areas.card, CARD, areas.radius);
  if (areas.photo) {
    const radius = areas.photo.width / 2;
    drawing.circle({ x: areas.photo.x + radius, y: areas.photo.y + radius }, radius, PHOTO_BACKGROUND);
  }
  const warnings = new Set<string>();
  const layOut = (text: string, font: string, fontSize: number, width: number | null): TextBlock | null => {
    const style = {
      font,
      fontSize,
      lineSpacing: fontSize * 0.15,
      align: 'start' as const,
      charsPerLine: null,
      maxHeight: 8192,
    };
    const block = layoutText(text, { ...style, maxWidth: width }, fonts);
    for (const warning of block?.warnings ?? ['There is no font on this machine; the text was left out.'])
      warnings.add(warning);
    return block;
  };
  if (areas.header) {
    const blocks = [
      {
        block: card.name === null ? null : fitLine(layOut, card.name, 'Arial Bold', short * 0.055, areas.header.width),
        color: INK,
      },
      {
        block: card.handle === null ? null : fitLine(layOut, card.handle, 'Arial', short * 0.042, areas.header.width),
        color: SECONDARY,
      },
    ].filter(({ block }) => block !== null);
    let y = areas.header.y + (areas.header.height - blocks.reduce((sum, { block }) => sum + block!.height, 0)) / 2;
    for (const { block, color } of blocks) {
      drawing.glyphs({ glyphs: block!.glyphs, x: areas.header.x, y, color, outline: null });
      y += block!.height;
    }
  }
  const fits = drawQuote(
    drawing,
    areas.quote,
    QUOTE_SIZES.map((share) => Math.max(MIN_FONT_SIZE, share * short)),
    (size) => layOut(card.quote, 'Arial', size, areas.quote.width),
  );
  if (!fits) warnings.add('The quote is too long for a frame of this size and was cut.');
  return { file: drawing.finish(), width: frame.width, height: frame.height, warnings: [...warnings] };
}

type LayOut = (text: string, font: string, fontSize: number, width: number | null) => TextBlock | null;

/** Lays out one line. Text that is too wide shrinks to at most half its size. Text that is still too wide wraps. */
function fitLine(layOut: LayOut, text: string, font: string, fontSize: number, width: number): TextBlock | null {
  const block = layOut(text, font, fontSize, null);
  if (!block || block.width <= width) return block;
  return layOut(text, font, Math.max(fontSize / 2, (fontSize * width) / block.width) * 0.99, width);
}

/** Draws the quote vertically centered, in the largest size that fits. Returns false if the quote was cut. */
function drawQuote(
  drawing: Drawing,
  area: Rectangle,
  sizes: readonly number[],
  layOut: (fontSize: number) => TextBlock | null,
): boolean {
  let block: TextBlock | null = null;
  for (const size of sizes) {
    block = layOut(size);
    if (!block || (block.height <= area.height && block.width <= area.width)) break;
  }
  if (!block) return true;
  const isComplete = block.height <= area.height;
  const glyphs = isComplete ? block.glyphs : block.glyphs.filter((glyph) => glyph.y <= area.height);
  const y = area.y + Math.max(0, (area.height - block.height) / 2);
  const x = area.x + (block.isRightToLeft ? area.width - block.width : 0);
  drawing.glyphs({ glyphs, x, y, color: INK, outline: null });
  return isComplete;
}

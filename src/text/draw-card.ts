import { cardGeometry, type Rectangle } from '../media/overlays/card-geometry.ts';
import { hasHeader } from '../media/overlays/overlay-filters.ts';
import type { CardLayer } from '../media/types.ts';
import type { FontLibrary } from './font-library.ts';
import { layoutText, type TextBlock } from './layout.ts';
import { type Drawing, type DrawnLayer, startDrawing } from './svg.ts';

const DIM = { rgb: '#000000', alpha: 0.4 };
const CARD = { rgb: '#ffffff', alpha: 0.96 };
const INK = { rgb: '#0f1419', alpha: 1 };
const FAINT = { rgb: '#536471', alpha: 1 };
const PHOTO_GROUND = { rgb: '#cfd9de', alpha: 1 };
/** Pixels below which letters cannot be read. */
const MIN_FONT_SIZE = 10;
/** Font sizes of a quote as shares of the frame's short side, largest first: the first at which it fits is taken. */
const QUOTE_SIZES = [0.09, 0.075, 0.065, 0.055, 0.047, 0.04, 0.034, 0.029, 0.025, 0.021, 0.018];

/** Draws a quote card in the frame's size: the video dimmed, a white card, name and handle on top, the quote below. */
export function drawCard({ card, frame, hasPhoto }: CardLayer, fonts: FontLibrary): DrawnLayer {
  const short = Math.min(frame.width, frame.height);
  const places = cardGeometry(frame, { photo: hasPhoto, header: hasHeader(card) });
  const drawing = startDrawing(frame.width, frame.height);
  drawing.rectangle({ x: 0, y: 0, width: frame.width, height: frame.height }, DIM);
  drawing.rectangle(places.card, CARD, places.radius);
  if (places.photo) {
    const radius = places.photo.width / 2;
    drawing.circle({ x: places.photo.x + radius, y: places.photo.y + radius }, radius, PHOTO_GROUND);
  }
  const warnings = new Set<string>();
  const lay = (text: string, font: string, fontSize: number, width: number | null): TextBlock | null => {
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
  if (places.header) {
    const blocks = [
      {
        block: card.name === null ? null : fitLine(lay, card.name, 'Arial Bold', short * 0.055, places.header.width),
        color: INK,
      },
      {
        block: card.handle === null ? null : fitLine(lay, card.handle, 'Arial', short * 0.042, places.header.width),
        color: FAINT,
      },
    ].filter(({ block }) => block !== null);
    let y = places.header.y + (places.header.height - blocks.reduce((sum, { block }) => sum + block!.height, 0)) / 2;
    for (const { block, color } of blocks) {
      drawing.glyphs({ glyphs: block!.glyphs, x: places.header.x, y, color, outline: null });
      y += block!.height;
    }
  }
  const isWhole = drawQuote(
    drawing,
    places.quote,
    QUOTE_SIZES.map((share) => Math.max(MIN_FONT_SIZE, share * short)),
    (size) => lay(card.quote, 'Arial', size, places.quote.width),
  );
  if (!isWhole) warnings.add('The quote is too long for a frame of this size and was cut.');
  return { svg: drawing.finish(), width: frame.width, height: frame.height, warnings: [...warnings] };
}

type Lay = (text: string, font: string, fontSize: number, width: number | null) => TextBlock | null;

/** One line, made smaller until it fits, down to half; what is still wider runs to the card's edge. */
function fitLine(lay: Lay, text: string, font: string, fontSize: number, width: number): TextBlock | null {
  const block = lay(text, font, fontSize, null);
  if (!block || block.width <= width) return block;
  return lay(text, font, Math.max(fontSize / 2, (fontSize * width) / block.width) * 0.99, width);
}

/** The quote in the largest size that fits, in the middle of its place; false when even the smallest does not. */
function drawQuote(
  drawing: Drawing,
  place: Rectangle,
  sizes: readonly number[],
  lay: (fontSize: number) => TextBlock | null,
): boolean {
  let block: TextBlock | null = null;
  for (const size of sizes) {
    block = lay(size);
    if (!block || (block.height <= place.height && block.width <= place.width)) break;
  }
  if (!block) return true;
  const isWhole = block.height <= place.height;
  const glyphs = isWhole ? block.glyphs : block.glyphs.filter((glyph) => glyph.y <= place.height);
  const y = place.y + Math.max(0, (place.height - block.height) / 2);
  const x = place.x + (block.isRightToLeft ? place.width - block.width : 0);
  drawing.glyphs({ glyphs, x, y, color: INK, outline: null });
  return isWhole;
}

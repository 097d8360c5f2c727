import { layerBorder } from '../ffmpeg/policy/overlays/overlay-filters.ts';
import type { TextOverlay } from '../ffmpeg/policy/overlays/types.ts';
import type { LayerRequest, MaskLayer, TextLayer } from '../ffmpeg/types.ts';
import { drawCaptions } from './draw-captions.ts';
import { drawCard } from './draw-card.ts';
import { fitText } from './fit-text.ts';
import type { FontLibrary } from './font-library.ts';
import { layoutText, type TextBlock } from './layout.ts';
import { type DrawnLayer, startDrawing } from './svg.ts';

/** Maximum side and area of a layer in pixels. The area needs 67 MB as RGBA, of which FFmpeg keeps about three copies. */
const MAX_SIDE = 8192;
const MAX_PIXELS = 16 * 1024 * 1024;
/** Margin on each side of text without an explicit width, as a fraction of the frame's width. */
const SAFE_MARGIN = 0.05;
const WHITE = { rgb: '#ffffff', alpha: 1 };

/**
 * Draws a layer. Missing fonts, families and characters cause warnings. No text makes this function throw. 10,000 characters need less than
 * 200 ms once their fonts are loaded.
 */
export function drawLayer(layer: LayerRequest, fonts: FontLibrary): DrawnLayer {
  if (layer.kind === 'text') return drawText(layer, fonts);
  if (layer.kind === 'captions') return drawCaptions(layer, fonts);
  return layer.kind === 'card' ? drawCard(layer, fonts) : drawMask(layer);
}

function drawText({ overlay, frame }: TextLayer, fonts: FontLibrary): DrawnLayer {
  const border = layerBorder(overlay);
  const block = layOutText(overlay, frame, fonts);
  if (!block) return { ...blank(), warnings: ['There is no font on this machine; the text was left out.'] };
  const width = Math.min(MAX_SIDE, block.width + 2 * border);
  const height = Math.min(MAX_SIDE, block.height + 2 * border, Math.floor(MAX_PIXELS / width));
  const drawing = startDrawing(width, height);
  const { box, boxBorder, outline, shadow } = overlay;
  if (boxBorder > 0) {
    const gap = border - boxBorder;
    const [inner, tall] = [width - 2 * gap, height - 2 * gap];
    const radius = Math.min(box.radius, inner / 2, tall / 2);
    drawing.rectangle({ x: gap, y: gap, width: inner, height: tall }, box.color, radius);
  }
  drawing.glyphs({ glyphs: block.glyphs, x: border, y: border, color: overlay.fontColor, outline, shadow });
  const warnings = [...block.warnings];
  if (block.isCut || width < block.width + 2 * border || height < block.height + 2 * border)
    warnings.push(
      `The text is larger than ${width}x${height} pixels and was cut there; wrap it or use a smaller font.`,
    );
  if (!drawing.isComplete()) warnings.push('There are too many different emoji; some were left out.');
  return { file: drawing.finish(), width, height, warnings };
}

function layOutText(overlay: TextOverlay, frame: TextLayer['frame'], fonts: FontLibrary): TextBlock | null {
  const { boxBorder, charsPerLine, font, fontSize, lineSpacing, align, text, textHeight, textWidth } = overlay;
  const free = Math.max(2 * fontSize, frame.width - 2 * Math.max(boxBorder, frame.width * SAFE_MARGIN));
  const maxHeight = MAX_SIDE - 2 * layerBorder(overlay);
  const style = { font, fontSize, lineSpacing, align, charsPerLine, maxHeight };
  if (textHeight !== null)
    return fitText(text, { ...style, maxWidth: textWidth ?? free }, textHeight, fonts)?.block ?? null;
  const isDefaultWidth = textWidth === null && charsPerLine === null;
  return layoutText(text, { ...style, maxWidth: isDefaultWidth ? free : textWidth }, fonts);
}

function drawMask({ diameter }: MaskLayer): DrawnLayer {
  const drawing = startDrawing(diameter, diameter);
  drawing.rectangle({ x: 0, y: 0, width: diameter, height: diameter }, { rgb: '#000000', alpha: 1 });
  drawing.circle({ x: diameter / 2, y: diameter / 2 }, diameter / 2, WHITE);
  return { file: drawing.finish(), width: diameter, height: diameter, warnings: [] };
}

function blank(): Omit<DrawnLayer, 'warnings'> {
  return { file: startDrawing(1, 1).finish(), width: 1, height: 1 };
}

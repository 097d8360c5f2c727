import { expressionText, substituteVariables } from '../expressions/index.ts';
import type { Expression } from '../expressions/types.ts';
import { cardGeometry } from './card-geometry.ts';
import type { QuoteCard, TextOverlay } from './types.ts';

/** Labels without brackets: `[input][layer]overlay=…[output]`. Airlock generates these labels. No label comes from the caller. */
export interface OverlayLabels {
  /** Label of the video before this overlay. */
  input: string;
  /** Stream of the drawn layer, such as `2:v`. */
  layer: string;
  output: string;
}

export interface CardLabels extends OverlayLabels {
  /** Streams of the photo and of its round mask (`MaskLayer` of `photoDiameter(frame)`); null = no photo. */
  photo: { picture: string; mask: string } | null;
  /** Prefix of generated labels inside these filters; must be unique in the graph. */
  prefix: string;
}

/**
 * Returns the pixels by which the layer of a text extends beyond the text on each side: the box, or the space for ink, outline and shadow
 * outside the text's rectangle (a slanted letter, stacked marks).
 */
export function layerBorder(overlay: TextOverlay): number {
  const ink = Math.ceil((overlay.outline?.thickness ?? 0) + overlay.fontSize / 4);
  const shadow = overlay.shadow ? Math.ceil((overlay.outline?.thickness ?? 0) + 1.25 * overlay.shadow.blur) : 0;
  return Math.max(Math.ceil(overlay.boxBorder), ink, shadow);
}

/**
 * Returns filters that overlay a drawn text on the video, for `-filter_complex`: chains joined by `;`, with `x` and `y` written over the
 * variables of `overlay`. The layer is a single picture, which is repeated until the video ends.
 */
export function textOverlayFilters(overlay: TextOverlay, labels: OverlayLabels): string {
  const border = layerBorder(overlay);
  const x = expressionText(layerOffset(overlay.x, border));
  const y = expressionText(layerOffset(overlay.y, border));
  const layer = straight(labels.layer);
  return `${layer.filters};[${labels.input}][${layer.label}]overlay=x='${x}':y='${y}':format=auto[${labels.output}]`;
}

/** Returns filters that overlay a card and its round photo on the video, as chains joined by `;`. */
export function quoteCardFilters(
  card: QuoteCard,
  frame: { width: number; height: number },
  labels: CardLabels,
): string {
  const { photo } = cardGeometry(frame, { photo: labels.photo !== null, header: hasHeader(card) });
  const layer = straight(labels.layer);
  const over = (output: string): string =>
    `${layer.filters};[${labels.input}][${layer.label}]` +
    `overlay=x=(main_w-overlay_w)/2:y=(main_h-overlay_h)/2:format=auto[${output}]`;
  if (photo === null || labels.photo === null) return over(labels.output);
  const name = (part: string): string => `${labels.prefix}${part}`;
  const side = photo.width;
  return [
    over(name('card')),
    `[${labels.photo.picture}]trim=end_frame=1,setpts=PTS-STARTPTS,` +
      `scale=w=${side}:h=${side}:force_original_aspect_ratio=increase,crop=w=${side}:h=${side},format=rgba[${name('square')}]`,
    `[${labels.photo.mask}]format=gray[${name('mask')}]`,
    `[${name('square')}][${name('mask')}]alphamerge[${name('round')}]`,
    `[${name('card')}][${name('round')}]overlay=x=(main_w-${frame.width})/2+${photo.x}:y=(main_h-${frame.height})/2+${photo.y}` +
      `:format=auto[${labels.output}]`,
  ].join(';');
}

export function hasHeader(card: QuoteCard): boolean {
  return card.name !== null || card.handle !== null;
}

/**
 * Returns filters that convert a layer to straight alpha, and their label. FFmpeg's SVG decoder returns premultiplied alpha without tagging
 * it. Without this conversion, the edges of bright letters would be dark. The label is derived from the stream's label, which is used once.
 */
function straight(stream: string): { filters: string; label: string } {
  const label = `layer_${stream.replace(/\W/g, '_')}`;
  return { filters: `[${stream}]format=gbrap,unpremultiply=inplace=1[${label}]`, label };
}

/** Translates the variables of `drawtext` to the variables of `overlay`. The text begins `border` pixels inside its layer. */
function layerOffset(position: Expression, border: number): Expression {
  const inside = (name: string): Expression => ({
    type: 'binary',
    operator: '-',
    left: { type: 'variable', name },
    right: { type: 'number', value: 2 * border },
  });
  const moved = substituteVariables(position, {
    w: { type: 'variable', name: 'main_w' },
    h: { type: 'variable', name: 'main_h' },
    text_w: inside('overlay_w'),
    text_h: inside('overlay_h'),
  });
  return { type: 'binary', operator: '-', left: moved, right: { type: 'number', value: border } };
}

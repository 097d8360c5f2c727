import type { Expression } from '../expressions/types.ts';

/** The argument of `@text-overlay`, read and bounded. Lengths are in pixels of the frame. */
export interface TextOverlay {
  text: string;
  /** Characters after which a line is wrapped. Null = the text is wrapped by `textWidth`, or only at its own line breaks. */
  charsPerLine: number | null;
  textWidth: number | null;
  /** The font shrinks until the text is at most this high, and its lines become about equally long. Null = no change. */
  textHeight: number | null;
  font: string;
  fontSize: number;
  lineSpacing: number;
  /** Color of the text, with its opacity. */
  fontColor: Color;
  boxBorder: number;
  box: { color: Color; radius: number };
  /** `blur` = pixels over which the shadow fades out, as in CSS. */
  shadow: { blur: number; color: Color } | null;
  outline: { thickness: number; color: Color } | null;
  align: 'left' | 'center' | 'right';
  /** Position of the text (without its box), as expressions over `w h text_w text_h t n` as in FFmpeg's drawtext. */
  x: Expression;
  y: Expression;
}

export interface Color {
  /** `#rrggbb`. */
  rgb: string;
  /** Opacity, from 0 to 1. */
  alpha: number;
}

/** The argument of `@quote-card`: a card in the frame's size over the video. */
export interface QuoteCard {
  quote: string;
  name: string | null;
  handle: string | null;
  /** URL of the photo; null = no photo. */
  photoUrl: string | null;
}

export const CAPTION_STYLES = ['bold-bottom', 'clean-lower', 'center-pop', 'top-title'] as const;
export type CaptionStyle = (typeof CAPTION_STYLES)[number];

/** A caption, with times in seconds from the start of the output. */
export interface TimedText {
  start: number;
  /** Later than `start`. */
  end: number;
  text: string;
}

/** The argument of `@captions`: texts at their times, in the order of their starts. */
export interface CaptionOverlay {
  cues: readonly TimedText[];
  style: CaptionStyle;
}

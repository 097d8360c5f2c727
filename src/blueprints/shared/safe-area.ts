import type { Size } from './frame.ts';

/** Shares of the frame's sides that must stay free of text. */
export interface Margins {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/**
 * Margins of a vertical video of 1080×1920, which apps cover. The margins of 288 pixels at the top, 672 at the bottom and 192 at the right
 * are from Google's safe zone of vertical ads on YouTube. Meta's guide for ads on Reels requires 14% at the top, 35% at the bottom and 6%
 * at each side. TikTok publishes templates without numbers, whose covered areas are within these margins. The column of buttons at the
 * right begins below the middle, so `right` applies only there.
 */
const VERTICAL: Margins = { top: 288 / 1920, bottom: 672 / 1920, left: 0.06, right: 192 / 1080 };
/**
 * Margins in other formats, in which apps cover nothing. 5% is the graphics safe area of EBU R 95, and one more percent allows for rounded
 * corners.
 */
const PLAIN: Margins = { top: 0.06, bottom: 0.06, left: 0.06, right: 0.06 };
/** Maximum ratio of width to height for which a frame is shown as a vertical video. */
const VERTICAL_ASPECT = 0.65;

export function isVertical({ width, height }: Size): boolean {
  return width / height <= VERTICAL_ASPECT;
}

export function safeMargins(frame: Size): Margins {
  return isVertical(frame) ? VERTICAL : PLAIN;
}

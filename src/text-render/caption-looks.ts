import type { CaptionStyle } from '../ffmpeg/policy/overlays/types.ts';

/** Height of a block of text, and size of the frame that contains the block, in pixels. */
export interface Edges {
  tall: number;
  frame: { width: number; height: number };
}

/** The style of captions in a frame. Lengths are in pixels. */
export interface CaptionLook {
  /** Font size in pixels per em. */
  fontSize: number;
  isBold: boolean;
  /** Color as `BBGGRR`, the order of ASS. */
  color: string;
  outline: { width: number; bgr: string; alpha: string };
  shadow: number;
  /** Maximum width of the lines in pixels. */
  width: number;
  /** Plate behind the text; null = no plate. */
  plate: { padding: number; radius: number; color: { bgr: string; alpha: number } } | null;
  /** Whether a caption pops in: it grows when it appears. */
  pops: boolean;
  /** Returns the top of the text. */
  top: (edges: Edges) => number;
}

/**
 * Shares of a frame that captions leave free at the top and the bottom. Apps cover 288 and 672 of 1920 pixels of a vertical frame,
 * according to Google's safe zone for vertical ads on YouTube, which contains Meta's safe zone of 14% and 35%. Other frames use 7%, a
 * little more than the 5% of the graphics safe area of EBU R 95.
 */
const VERTICAL = { top: 288 / 1920, bottom: 672 / 1920 };
const PLAIN = { top: 0.07, bottom: 0.07 };
/** Maximum ratio of width to height at which a frame is shown as a vertical video. */
const VERTICAL_ASPECT = 0.65;
/**
 * Share of the width that lines may fill, first in vertical and square frames, then in landscape frames. The share for landscape fits 42
 * characters, the usual length of a line of subtitles.
 */
const [TALL_WIDTH, WIDE_WIDTH] = [0.8, 0.66];

type Frame = Edges['frame'];

const short = ({ width, height }: Frame): number => Math.min(width, height);
const margins = ({ width, height }: Frame) => (width / height <= VERTICAL_ASPECT ? VERTICAL : PLAIN);
const lineWidth = ({ width, height }: Frame): number => width * (width > height ? WIDE_WIDTH : TALL_WIDTH);
const low = ({ tall, frame }: Edges): number => frame.height * (1 - margins(frame).bottom) - tall;

/**
 * Looks of captions by style. Sizes are shares of the short side. On a phone that shows the short side 390 points wide, 5% are 19 points.
 */
export const CAPTION_LOOKS: Readonly<Record<CaptionStyle, (frame: Frame) => CaptionLook>> = {
  'bold-bottom': (frame) => ({
    ...{ fontSize: 0.064 * short(frame), isBold: true, color: 'FFFFFF', pops: false, plate: null },
    ...{ outline: { width: 0.0055 * short(frame), bgr: '101010', alpha: '00' }, shadow: 0.0025 * short(frame) },
    ...{ width: lineWidth(frame), top: low },
  }),
  'clean-lower': (frame) => ({
    ...{ fontSize: 0.05 * short(frame), isBold: false, color: 'FFFFFF', pops: false, shadow: 0 },
    outline: { width: 0, bgr: '000000', alpha: 'FF' },
    plate: { padding: 0.016 * short(frame), radius: 0.014 * short(frame), color: { bgr: '100D0C', alpha: 0.66 } },
    ...{ width: lineWidth(frame), top: low },
  }),
  'center-pop': (frame) => ({
    ...{ fontSize: 0.1 * short(frame), isBold: true, color: '4AE1FF', pops: true, plate: null },
    ...{ outline: { width: 0.0085 * short(frame), bgr: '101010', alpha: '00' }, shadow: 0.004 * short(frame) },
    width: lineWidth(frame),
    top: ({ tall, frame: { height } }) => {
      const { top, bottom } = margins(frame);
      return (height * (1 + top - bottom)) / 2 - tall / 2;
    },
  }),
  'top-title': (frame) => ({
    ...{ fontSize: 0.056 * short(frame), isBold: true, color: '100D0C', pops: false, shadow: 0 },
    outline: { width: 0, bgr: '000000', alpha: 'FF' },
    plate: { padding: 0.022 * short(frame), radius: 0.022 * short(frame), color: { bgr: 'FFFFFF', alpha: 0.96 } },
    width: lineWidth(frame),
    top: ({ frame: { height } }) => height * margins(frame).top + 0.022 * short(frame),
  }),
};

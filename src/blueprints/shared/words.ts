import { choice, type PlanProblem } from '../blueprint.ts';
import type { Size } from './frame.ts';
import { safeMargins } from './safe-area.ts';

/** Maximum characters of a hook. A hook of this length fits into the area of each style at its smallest size. */
export const MAX_HOOK = 200;

/** Styles of a hook by their names in the hosted service. */
const STYLES = ['top-hook', 'center-statement', 'bottom-caption', 'lower-left'] as const;
export type HookStyle = (typeof STYLES)[number];

export const hookStyle = () =>
  choice(
    STYLES,
    'The style of the text: on a white plate at the top, large in the center of a darkened picture, on a dark plate below the center, or on a dark plate at the lower left.',
  ).default('top-hook');

/** Returns the option `@text-overlay` with this text. */
export function overlay(text: string, style: Record<string, string | number>) {
  return { option: '@text-overlay', argument: { text, style } };
}

/** Returns a problem if a text consists only of spaces or invisible characters, because it would draw nothing. */
export function blankText(field: string, text: string): { problem: PlanProblem } | null {
  if (/[^\p{White_Space}\p{C}]/u.test(text)) return null;
  return {
    problem: {
      field,
      reason: 'contains no visible character',
      remedy: 'Send a text with visible characters, or omit the field if it is optional',
    },
  };
}

/** A hook as an option, and a filter that prepares the picture for the hook; null = no filter. */
export interface Hook {
  option: ReturnType<typeof overlay>;
  filter: string | null;
}

/**
 * Filters that make a picture darker and a little less colorful, so that white letters stand out: luma above black times 0.6, chroma from
 * gray times 0.75, in 8 bits of limited range.
 */
const DIMMED = "format=yuv420p,lutyuv=y='16+(val-16)*0.6':u='128+(val-128)*0.75':v='128+(val-128)*0.75'";

/** Rows of a frame, in pixels from its top. */
export interface Rows {
  top: number;
  bottom: number;
}

/**
 * Draws a hook into a frame. Sizes are shares of the short side: at least 3.5%, which is 11 points on a phone. `picture` = the rows of the
 * picture in front of a blurred background, whose edges the hook does not touch; null = the picture fills the frame.
 */
export function hook(text: string, style: HookStyle, frame: Size, picture: Rows | null = null): Hook {
  const look = LOOKS[style];
  const area = areaOf(frame, style, picture);
  const short = Math.min(frame.width, frame.height);
  const [padding, gap] = [Math.round(look.padding * short), Math.round(look.fontSize * short * 0.16)];
  return {
    filter: style === 'center-statement' ? DIMMED : null,
    option: overlay(text, {
      font: 'Arial Bold',
      fontSize: clamp(look.fontSize * short, 12, 200),
      lineSpacing: clamp(gap, 0, 100),
      textWidth: Math.max(24, Math.round(area.width - 2 * padding)),
      textHeight: Math.max(14, Math.round(area.height - 2 * padding)),
      boxBorderW: clamp(padding, 0, 100),
      boxRadius: Math.round(look.radius * short),
      ...look.style(short),
      ...place(area, padding, style),
    }),
  };
}

interface Look {
  /** Sizes as shares of the short side of the frame. */
  fontSize: number;
  padding: number;
  radius: number;
  style: (short: number) => Record<string, string | number>;
}

const DARK_PLATE = { fontColor: 'white', boxColor: '#0c0d10@0.72' };

const LOOKS: Readonly<Record<HookStyle, Look>> = {
  'top-hook': {
    ...{ fontSize: 0.08, padding: 0.04, radius: 0.034 },
    style: () => ({ fontColor: '#0c0d10', boxColor: 'white@0.96', align: 'center' }),
  },
  'center-statement': {
    ...{ fontSize: 0.125, padding: 0, radius: 0 },
    style: (short) => ({
      fontColor: 'white',
      shadowBlur: clamp(short * 0.022, 2, 40),
      shadowColor: 'black@0.75',
      align: 'center',
    }),
  },
  'bottom-caption': {
    ...{ fontSize: 0.066, padding: 0.028, radius: 0.026 },
    style: () => ({ ...DARK_PLATE, align: 'center' }),
  },
  'lower-left': {
    ...{ fontSize: 0.058, padding: 0.028, radius: 0.014 },
    style: () => ({ ...DARK_PLATE, align: 'left' }),
  },
};

/** The area of a hook and its plate, in pixels. */
interface Area extends Size {
  left: number;
  top: number;
  /** Size of the frame. */
  frame: Size;
}

/** Distance between a hook and the edge of a picture, as a share of the frame's height. */
const EDGE_GAP = 0.02;
/** Minimum height of a hook, as a share of the frame's height. */
const LEAST_HEIGHT = 0.12;

function areaOf(frame: Size, style: HookStyle, picture: Rows | null): Area {
  const { width, height } = frame;
  const margins = safeMargins(frame);
  const isLow = style === 'bottom-caption' || style === 'lower-left';
  const right = isLow ? margins.right : margins.left;
  // Centered text must stay in the middle of the frame.
  const left = style === 'bottom-caption' ? right : margins.left;
  const share = { 'top-hook': 0.26, 'center-statement': 0.42, 'bottom-caption': 0.22, 'lower-left': 0.22 }[style];
  const rows = { top: height * margins.top, bottom: height * (1 - margins.bottom) };
  const free = style === 'center-statement' ? rows : awayFromEdges(rows, frame, { picture, isLow });
  const tall = Math.min(height * share, free.bottom - free.top);
  const top = style === 'top-hook' ? free.top : isLow ? free.bottom - tall : (free.top + free.bottom - tall) / 2;
  return { left: width * left, top, width: width * (1 - left - right), height: tall, frame };
}

/** Returns the rows above the picture, if they are high enough for a hook at the top, and otherwise the rows inside the picture. */
function awayFromEdges(
  rows: Rows,
  { height }: Size,
  { picture, isLow }: { picture: Rows | null; isLow: boolean },
): Rows {
  if (!picture) return rows;
  const gap = EDGE_GAP * height;
  const isEnough = ({ top, bottom }: Rows) => bottom - top >= LEAST_HEIGHT * height;
  const above = { top: rows.top, bottom: Math.min(rows.bottom, picture.top - gap) };
  if (!isLow && isEnough(above)) return above;
  const inside = {
    top: Math.max(rows.top, picture.top + gap),
    bottom: Math.min(rows.bottom, picture.bottom - gap),
  };
  return isEnough(inside) ? inside : rows;
}

/** Returns the position of the text itself, which its plate surrounds. */
function place(area: Area, padding: number, style: HookStyle): { x: string; y: string } {
  const x = style === 'lower-left' ? `${Math.round(area.left + padding)}` : '(w-text_w)/2';
  if (style === 'top-hook') return { x, y: `${Math.round(area.top + padding)}` };
  const bottom = Math.round(area.top + area.height - padding);
  return {
    x,
    y: style === 'center-statement' ? `${Math.round(area.top + area.height / 2)}-text_h/2` : `${bottom}-text_h`,
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.round(Math.min(most, Math.max(least, value)));
}

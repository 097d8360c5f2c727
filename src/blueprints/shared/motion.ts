import type { MediaFacts } from '../blueprint.ts';

/** Frames per second if the rate of the source is unknown, and the maximum for a moving camera. */
const USUAL_FPS = 30;
const MOST_FPS = 60;
/** Seconds of a movement if the duration of the source is unknown, and the maximum. A slower movement wouldn't be visible. */
const UNKNOWN_SECONDS = 8;
const MOST_SECONDS = 20;

/** Returns the constant frame rate of an output with a moving camera or another speed. */
export function frameRate({ fps }: Pick<MediaFacts, 'fps'>): number {
  if (fps === null || !(fps >= 1)) return USUAL_FPS;
  return Math.min(MOST_FPS, Math.round(fps * 1000) / 1000);
}

/** Returns the seconds of a movement over a source. After the movement, the picture stays still. */
export function movementSeconds({ duration }: Pick<MediaFacts, 'duration'>): number {
  return Math.max(0.1, Math.min(MOST_SECONDS, duration ?? UNKNOWN_SECONDS));
}

/**
 * Returns an expression from 0 to 1 over `frames` frames of the filter `perspective`, whose `on` counts from 1. The expression accelerates
 * and slows down like a camera on a slider: smoothstep, 3u² − 2u³.
 */
export function eased(frames: number): string {
  return `(st(0,clip((on-1)/${Math.max(1, Math.round(frames) - 1)},0,1));ld(0)*ld(0)*(3-2*ld(0)))`;
}

/** A window of the source. Each edge is a number or an expression, as a share of the source's width or height. */
export interface Window {
  left: string;
  top: string;
  right: string;
  bottom: string;
}

/**
 * Shows a moving window of a video in the size of the video. `perspective` reads between pixels, so that a slow movement
 * does not jump from pixel to pixel as it does with `zoompan` and `crop`.
 */
export function moveWindow({ left, top, right, bottom }: Window): string {
  const corners = { x0: left, y0: top, x1: right, y1: top, x2: left, y2: bottom, x3: right, y3: bottom };
  const values = Object.entries(corners).map(([name, share]) => `${name}='${name[0] === 'x' ? 'W' : 'H'}*${share}'`);
  return `perspective=${values.join(':')}:interpolation=cubic:eval=frame`;
}

/**
 * Returns a window in the middle of the picture. On each side, it cuts off the share `from` at the beginning, and the share `to` at the
 * end.
 */
export function zoomWindow(from: number, to: number, frames: number): Window {
  const cut = `(${from}+${round(to - from)}*${eased(frames)})`;
  return { left: cut, top: cut, right: `(1-${cut})`, bottom: `(1-${cut})` };
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

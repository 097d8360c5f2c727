import type { Resolution } from '../../contract/formats.ts';
import type { VideoStream } from '../types.ts';

export interface Size {
  width: number;
  height: number;
}

/** Short side of the frame in pixels for each resolution name. */
export const SHORT_SIDES: Readonly<Record<Resolution, number>> = {
  '480p': 480,
  '720p': 720,
  '1080p': 1080,
  '4k': 2160,
};

export function shortSide(size: Size): number {
  return Math.min(size.width, size.height);
}

export function displaySize(stream: VideoStream): Size {
  return { width: stream.displayWidth, height: stream.displayHeight };
}

/** Returns the stored size, rotated upright. */
export function storedSize(stream: VideoStream): Size {
  const sideways = stream.rotation === 90 || stream.rotation === 270;
  return sideways ? { width: stream.height, height: stream.width } : { width: stream.width, height: stream.height };
}

/**
 * Scales a size down until its short side fits, and keeps the aspect ratio. Never scales up. `even` = both sides become even, as 4:2:0
 * requires.
 */
export function fitShortSide(size: Size, short: number | null, even: boolean): Size {
  const factor = short === null ? 1 : Math.min(1, short / shortSide(size));
  return roundSize({ width: size.width * factor, height: size.height * factor }, even);
}

/** Sides in pixels of the largest frame that level 5.1 of H.264 and HEVC allows and that hardware decodes. */
export const PLAYABLE = { long: 4096, short: 2160 } as const;

/**
 * Returns the short side to which a video of a photo is scaled down, so that players can play it. `resolution` = the short side that the
 * request asks for; null = the size of the photo.
 */
export function playableResolution(photo: Size, resolution: number | null): number | null {
  const short = shortSide(photo);
  const long = Math.max(photo.width, photo.height);
  const most = Math.floor(short * Math.min(PLAYABLE.short / short, PLAYABLE.long / long));
  return short > most && (resolution ?? short) > most ? most : resolution;
}

/**
 * Scales a size down until its width fits, and keeps the aspect ratio. Never scales up. `even` = both sides become even, as 4:2:0 requires.
 */
export function fitWidth(size: Size, width: number, even = false): Size {
  const factor = Math.min(1, width / size.width);
  return roundSize({ width: size.width * factor, height: size.height * factor }, even);
}

/** Rounds the sides of a size. Even sides of an unscaled size are rounded down, so that one row can be cropped instead of resampled. */
function roundSize(size: Size, even: boolean): Size {
  const side = (value: number): number => {
    if (!even) return Math.max(1, Math.round(value));
    return Number.isInteger(value) ? Math.max(2, value - (value % 2)) : Math.max(2, 2 * Math.round(value / 2));
  };
  return { width: side(size.width), height: side(size.height) };
}

/** Writes frames per second for FFmpeg: the NTSC rates exactly, all other rates with at most three decimals. */
export function rationalFrameRate(rate: number): string {
  const ntsc = Math.round(rate * 1.001);
  if ([24, 30, 48, 60, 120].includes(ntsc) && Math.abs(rate - (ntsc * 1000) / 1001) < 0.004)
    return `${ntsc * 1000}/1001`;
  return decimal(rate);
}

/** Returns a number without exponent, with at most three decimals and no trailing zeros. */
export function decimal(value: number): string {
  return String(Number(value.toFixed(3)));
}

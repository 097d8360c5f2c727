import type { Size } from '../geometry.ts';
import type { TileTimes } from './tile-times.ts';

/** Maximum number of pixels of a sheet, and maximum length of each side in pixels. */
const MAX_PIXELS = 16_000_000;
const MAX_SIDE = 8192;
const DEFAULT_COLUMNS = 10;
/** Maximum rows of a sheet. The number is small because a player loads a complete sheet to show one picture. */
const MAX_ROWS = 10;

/** How the pictures of a sprite are arranged. */
export interface SpriteSheet {
  columns: number;
  rows: number;
  images: number;
}

/** Arranges pictures in as few sheets as the limits allow. */
export function spriteSheet(count: number, tile: Size, columns = DEFAULT_COLUMNS): SpriteSheet {
  const across = Math.max(1, Math.min(columns, count, Math.floor(MAX_SIDE / tile.width)));
  const byPixels = Math.floor(MAX_PIXELS / (across * tile.width * tile.height));
  const most = Math.min(MAX_ROWS, byPixels, Math.floor(MAX_SIDE / tile.height));
  const rows = Math.max(1, Math.min(Math.ceil(count / across), most));
  return { columns: across, rows, images: Math.ceil(count / (across * rows)) };
}

/** Returns the WebVTT file that maps each interval to an area of a sheet (Media Fragments URI 1.0). */
export function spriteCues(
  { count, interval, end }: TileTimes,
  { columns, rows }: SpriteSheet,
  { width, height }: Size,
): string {
  const cues = Array.from({ length: count }, (_, index) => {
    const inImage = index % (columns * rows);
    const image = Math.floor(index / (columns * rows)) + 1;
    const [x, y] = [(inImage % columns) * width, Math.floor(inImage / columns) * height];
    const until = index === count - 1 ? end : (index + 1) * interval;
    const time = `${cueTime(index * interval)} --> ${cueTime(until)}`;
    return `${time}\nsprite-${image}.jpg#xywh=${x},${y},${width},${height}\n`;
  });
  return `WEBVTT\n\n${cues.join('\n')}`;
}

/** Formats a time as `01:02:03.450`. */
function cueTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const part = (unit: number, base: number, digits: number) =>
    String(Math.floor(ms / unit) % base).padStart(digits, '0');
  return `${part(3_600_000, 100, 2)}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}.${part(1, 1000, 3)}`;
}

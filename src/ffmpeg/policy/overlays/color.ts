import { COLOR_NAMES } from './color-names.ts';
import type { Color } from './types.ts';

const HEX = /^(?:#|0x)([0-9a-f]{6})([0-9a-f]{2})?$/i;

/**
 * Reads a color in FFmpeg's forms: a name, `#RRGGBB[AA]` or `0xRRGGBB[AA]`, each with an optional `@opacity` (0–1, or `0x00`–`0xff`). Also
 * accepts the short form `#rgb` of CSS. Returns null for other texts.
 */
export function readColor(text: string): Color | null {
  const [base = '', opacity, ...rest] = text.trim().split('@');
  if (rest.length > 0) return null;
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(base);
  const hex = HEX.exec(
    short
      ? `#${short
          .slice(1)
          .map((digit) => digit + digit)
          .join('')}`
      : base,
  );
  const rgb = hex ? hex[1]!.toLowerCase() : COLOR_NAMES.get(base.toLowerCase());
  if (rgb === undefined) return null;
  const alpha = opacity === undefined ? (hex?.[2] ? Number.parseInt(hex[2], 16) / 255 : 1) : readOpacity(opacity);
  return alpha === null ? null : { rgb: `#${rgb}`, alpha };
}

function readOpacity(text: string): number | null {
  if (/^0x[0-9a-f]{1,2}$/i.test(text)) return Number.parseInt(text, 16) / 255;
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(text)) return null;
  const value = Number(text);
  return value <= 1 ? value : null;
}

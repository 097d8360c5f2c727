import { inThousands } from './account-settings.ts';

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** Formats a number of bytes as a short text, such as `2.05 GB`. */
export function shortBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(1, bytes)) / 3), UNITS.length);
  if (power === 0) return `${bytes} bytes`;
  return `${Number((bytes / 1000 ** power).toFixed(2))} ${UNITS[power - 1]}`;
}

/** Formats a number of bytes with its exact value, such as `2.05 GB (2,048,576,000 bytes)`. */
export function exactBytes(bytes: number): string {
  const short = shortBytes(bytes);
  return bytes < 1000 || !Number.isSafeInteger(bytes) ? short : `${short} (${inThousands(bytes)} bytes)`;
}

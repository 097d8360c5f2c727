import { encodeRfc3986 } from './sigv4.ts';

/**
 * Returns `attachment` with a file name: an ASCII form for old clients, and `filename*` (RFC 5987) for the exact name. Removes control
 * characters, and replaces slashes and backslashes with `_`. The ASCII form also replaces quotes, percent signs, semicolons and characters
 * outside ASCII.
 */
export function attachment(filename: string): string {
  const clean =
    filename
      .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
      .replace(/[/\\]/g, '_')
      .trim() || 'download';
  // A name that consists only of combining marks becomes empty, and a fullwidth slash becomes a plain slash.
  const ascii =
    clean
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[^\x20-\x7e]/gu, '_')
      .replace(/["%;/\\]/g, '_') || 'download';
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeRfc3986(clean)}`;
}

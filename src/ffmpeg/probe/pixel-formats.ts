/** Whether pixels in this FFmpeg format can be transparent. */
export function isAlphaFormat(pixelFormat: string | null): boolean {
  return pixelFormat !== null && /^(yuva|gbrap|rgba|bgra|argb|abgr|ya\d|pal8|vuya|ayuv)/.test(pixelFormat);
}

/**
 * Returns the bits per component of an FFmpeg pixel format. `raw` is the depth that the stream declares, which is used if the format is
 * unknown.
 */
export function bitDepthOf(pixelFormat: string | null, raw: number | null): number {
  const deep = pixelFormat
    ? /(?:p|gray|gbrp|gbrap|ya|x2rgb|x2bgr|p0)(9|10|12|14|16)(?:le|be)?$/.exec(pixelFormat)
    : null;
  if (deep) return Number(deep[1]);
  if (pixelFormat && /^(rgb48|bgr48|rgba64|bgra64)/.test(pixelFormat)) return 16;
  return pixelFormat === null && raw !== null && raw <= 16 ? raw : 8;
}

/**
 * Returns the width of one sample divided by its height. Returns 1 if the stream declares no ratio, or a ratio beyond 1:10. No camera or
 * disc format has such a ratio: it is the result of damage, and would make absurd frame sizes.
 */
export function sampleAspect(width: number, height: number): number {
  const ratio = width / height;
  return Number.isFinite(ratio) && ratio >= 0.1 && ratio <= 10 ? ratio : 1;
}

/** Returns the pixels that a person sees before rotation: samples are stretched along their longer direction, and never shrunk. */
export function displaySize(width: number, height: number, aspect: number): { wide: number; tall: number } {
  return {
    wide: Math.max(1, Math.round(width * Math.max(1, aspect))),
    tall: Math.max(1, Math.round(height / Math.min(1, aspect))),
  };
}

/**
 * Width of one sample divided by its height. 1 if the stream declares no ratio. Also 1 for a ratio beyond 1:10, which no camera or disc
 * format has: such a value is damage and would make absurd frame sizes.
 */
export function sampleAspect(width: number, height: number): number {
  const ratio = width / height;
  return Number.isFinite(ratio) && ratio >= 0.1 && ratio <= 10 ? ratio : 1;
}

/** Pixels that a person sees before rotation: samples are stretched along their longer direction, and never shrunk. */
export function displaySize(width: number, height: number, aspect: number): { wide: number; tall: number } {
  return {
    wide: Math.max(1, Math.round(width * Math.max(1, aspect))),
    tall: Math.max(1, Math.round(height / Math.min(1, aspect))),
  };
}

/** Luma up to which a picture counts as black, and from which it counts as well exposed. In video, 16 is black. */
const BLACK = 20;
const DARK = 64;
/** Luma from which a picture counts as bright, and from which it counts as white. */
const BRIGHT = 200;
const WHITE = 236;
/**
 * Standard deviation of the luma of a picture with full contrast. Halfway through a fade to one color, a picture has half its deviation.
 */
const FULL_CONTRAST = 48;

/**
 * Scores a picture as a poster by its luma, one byte per pixel. The score is 0 for a single color, and grows with exposure,
 * contrast and sharpness. Sharpness is the mean absolute Laplacian, which a blur or a cross-fade halves.
 */
export function scoreStill(luma: Uint8Array, width: number): number {
  const { mean, deviation } = spread(luma);
  const exposure = ramp(mean, BLACK, DARK) * (1 - ramp(mean, BRIGHT, WHITE));
  const contrast = Math.min(1, deviation / FULL_CONTRAST);
  return exposure * contrast * Math.sqrt(sharpness(luma, width));
}

function spread(luma: Uint8Array): { mean: number; deviation: number } {
  let [sum, squares] = [0, 0];
  for (const value of luma) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / luma.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / luma.length - mean * mean)) };
}

function sharpness(luma: Uint8Array, width: number): number {
  const rows = Math.floor(luma.length / width);
  let sum = 0;
  for (let y = 1; y < rows - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      sum += Math.abs(4 * luma[at]! - luma[at - 1]! - luma[at + 1]! - luma[at - width]! - luma[at + width]!);
    }
  }
  return sum / Math.max(1, (width - 2) * (rows - 2));
}

/** Returns 0 for values up to `from` and 1 for values from `to` on, and rises linearly between them. */
function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

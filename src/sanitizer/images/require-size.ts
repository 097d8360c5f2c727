import { INPUT_LIMITS } from '../../ffmpeg/probe/input-limits.ts';
import { mustBe } from '../codecs/bits.ts';
import type { Picture } from '../codecs/types.ts';

/** Throws `Unclear` for a size that FFmpeg may reject, because ffprobe then reports no size. */
export function requireSize({ width, height }: Picture): void {
  mustBe(width > 0 && height > 0 && width * height <= INPUT_LIMITS.maxPixels);
  mustBe(width <= INPUT_LIMITS.maxSide && height <= INPUT_LIMITS.maxSide);
}

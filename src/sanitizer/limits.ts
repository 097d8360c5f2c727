import { INPUT_LIMITS } from '../ffmpeg/probe/input-limits.ts';
import { Rejected } from './verdicts.ts';

/* Limits on the declarations of a file before FFmpeg reads it. The same limits apply after ffprobe. */

/** Throws `Rejected` if a stream is longer than the longest input that is allowed. */
export function checkLength(seconds: number): void {
  if (seconds <= INPUT_LIMITS.maxDurationSeconds) return;
  const [hours, most] = [(seconds / 3600).toFixed(1), INPUT_LIMITS.maxDurationSeconds / 3600];
  throw new Rejected('too_long', `lasts ${hours} hours, and ${most} are allowed.`);
}

export function checkSize(width: number, height: number): void {
  const { maxPixels, maxSide } = INPUT_LIMITS;
  if (width * height <= maxPixels && width <= maxSide && height <= maxSide) return;
  throw new Rejected(
    'too_many_pixels',
    `declares pictures of ${width}x${height}, and ${maxPixels} pixels and ${maxSide} a side are allowed.`,
  );
}

export function rejectStreams(count: number): void {
  if (count <= INPUT_LIMITS.maxStreams) return;
  throw new Rejected('too_many_streams', `has ${count} streams, and ${INPUT_LIMITS.maxStreams} are allowed.`);
}

import type { ContainerFacts } from './types.ts';

/** Of a file with one stream of sound. Null without a codec or a length. */
export function soundFacts(codec: string | null, seconds: number): ContainerFacts | null {
  if (codec === null || !(seconds > 0)) return null;
  // FFmpeg rounds to microseconds.
  const durationSeconds = Math.round(seconds * 1e6) / 1e6;
  return { durationSeconds, isImage: false, isAnimated: false, video: [], audio: [{ codec, isDefault: false }] };
}

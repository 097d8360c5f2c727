import type { ContainerFacts } from './types.ts';

/** Facts of a file with one audio stream; null without a codec or a duration. */
export function audioFacts(codec: string | null, seconds: number): ContainerFacts | null {
  if (codec === null || !(seconds > 0)) return null;
  // FFmpeg rounds to microseconds.
  const durationSeconds = Math.round(seconds * 1e6) / 1e6;
  return { durationSeconds, isImage: false, isAnimated: false, video: [], audio: [{ codec, isDefault: false }] };
}

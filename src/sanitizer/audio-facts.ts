import type { ContainerFacts } from './types.ts';

/** Returns the facts of a file with one audio stream; null if the codec or the duration is unknown. */
export function audioFacts(codec: string | null, seconds: number): ContainerFacts | null {
  if (codec === null || !(seconds > 0)) return null;
  // FFmpeg rounds to microseconds.
  const durationSeconds = Math.round(seconds * 1e6) / 1e6;
  return { durationSeconds, isImage: false, isAnimated: false, video: [], audio: [{ codec, isDefault: false }] };
}

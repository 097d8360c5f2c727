import type { SpokenSegment } from '../../captions/index.ts';
import { mediaTime, overlapsSpeech, type SpeechPiece, type Timeline } from './pieces.ts';

/**
 * Converts the times of segments from the audio that a recognizer read to times in the media. Drops each segment that lies entirely where
 * no speech was measured, because the recognizer invented it. Keeps every word of the other segments, because recognizers report the times
 * of words less precisely than speech is measured.
 */
export function placeSegments(
  segments: readonly SpokenSegment[],
  timeline: Timeline,
  { speech }: Pick<SpeechPiece, 'speech'>,
): SpokenSegment[] {
  const placed = segments.map(({ start, end, words }) => {
    const at = (time: number) => Math.round(mediaTime(timeline, time));
    const moved = words.map((word) => {
      const from = at(word.start);
      // A word that spans a removed silence keeps its duration, so that it doesn't last until after the silence.
      return { ...word, start: from, end: Math.max(from, Math.min(at(word.end), from + (word.end - word.start))) };
    });
    return { start: at(start), end: Math.max(at(start), at(end)), words: moved };
  });
  return placed.filter(({ start, end }) => overlapsSpeech(speech, { from: start, to: Math.max(end, start + 1) }));
}

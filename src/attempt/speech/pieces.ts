import { mergeSpans, type Span } from './voice-activity.ts';

/**
 * Maximum duration of a piece in milliseconds. Longer pieces keep more context, but are slower, and a lost worker loses a complete piece.
 */
export const MAX_PIECE_MS = 600_000;
/** Milliseconds of silence that stay on each side of speech. Longer silences are shortened to twice this value. */
const KEPT_SILENCE_MS = 500;
/** The range, as shares of the planned length, in which a piece can end. */
const EARLIEST_SHARE = 0.7;
const LATEST_SHARE = 1.2;
/** Milliseconds beyond which a longer pause doesn't improve the score of a cut. */
const WIDE_PAUSE_MS = 2000;
/** The cost of the largest distance from the planned end, in milliseconds of pause. */
const DISTANCE_MS = 1000;

/** A part of the media that is recognized separately, and the speech in it. */
export interface SpeechPiece extends Span {
  speech: Span[];
}

/**
 * Divides the media into pieces of about equal length that end in pauses. Each piece has at most `most` milliseconds. If there is no pause
 * in this time, a piece ends in the middle of speech. Every time is an integer in milliseconds, because the audio is read at these times.
 */
export function cutPieces(speech: readonly Span[], most = MAX_PIECE_MS): SpeechPiece[] {
  if (speech.length === 0) return [];
  const end = speech.at(-1)!.to;
  const pieces: SpeechPiece[] = [];
  let from = speech[0]!.from;
  while (end - from > most) {
    const length = Math.ceil((end - from) / Math.ceil((end - from) / most));
    const cut = bestCut(speech, { from, length, most });
    pieces.push(pieceOf(speech, { from, to: cut.at }));
    from = cut.next;
  }
  return [...pieces, pieceOf(speech, { from, to: end })].filter((piece) => piece.speech.length > 0);
}

/** Finds the end of a piece that begins at `from`, and the start of the next piece. */
function bestCut(speech: readonly Span[], { from, length, most }: { from: number; length: number; most: number }) {
  const [planned, latest] = [from + length, from + Math.min(most, length * LATEST_SHARE)];
  let best = { at: Math.min(planned, latest), next: Math.min(planned, latest), score: Number.NEGATIVE_INFINITY };
  for (const [index, { to }] of speech.entries()) {
    const next = speech[index + 1]?.from;
    if (next === undefined || to < from + length * EARLIEST_SHARE) continue;
    if (to > latest) break;
    const distance = Math.abs(to - planned) / (length * (1 - EARLIEST_SHARE));
    const score = Math.min(WIDE_PAUSE_MS, next - to) - DISTANCE_MS * distance;
    if (score > best.score) best = { at: to, next, score };
  }
  return best;
}

function pieceOf(speech: readonly Span[], { from, to }: Span): SpeechPiece {
  const within = speech.map((span) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to) }));
  return { from, to, speech: within.filter((span) => span.to > span.from) };
}

/** Parts of the media that a recognizer receives one after another. */
export interface Timeline {
  /** The parts, with their times in the media. For the recognizer, each part starts where the previous part ends. */
  stretches: readonly Span[];
}

/** Returns the parts of a piece that a recognizer receives. Long silences are shortened, because recognizers invent words in silence. */
export function hearSpeech({ from, to, speech }: SpeechPiece): Timeline {
  return {
    stretches: mergeSpans(
      speech.map((span) => ({
        from: Math.max(from, span.from - KEPT_SILENCE_MS),
        to: Math.min(to, span.to + KEPT_SILENCE_MS),
      })),
    ),
  };
}

export function heardMs({ stretches }: Timeline): number {
  return stretches.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Converts a time that a recognizer reports to a time in the media. */
export function mediaTime({ stretches }: Timeline, heard: number): number {
  let left = Math.max(0, heard);
  for (const [index, { from, to }] of stretches.entries()) {
    if (left < to - from || index === stretches.length - 1) return Math.min(to, from + left);
    left -= to - from;
  }
  return heard;
}

/** Whether the media contains speech where a recognizer reports words. */
export function overlapsSpeech(speech: readonly Span[], { from, to }: Span): boolean {
  return speech.some((span) => span.from < to && span.to > from);
}

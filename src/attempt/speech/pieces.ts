import { mergeSpans, type Span } from './voice-activity.ts';

/** The longest piece in milliseconds: recognizers get slower and forget less with more, and a lost worker loses one. */
export const MAX_PIECE_MS = 600_000;
/** A silence longer than twice this is shortened to twice this before a recognizer hears it. */
const KEPT_SILENCE_MS = 500;
/** Shares of the planned length within which a piece may end. */
const EARLIEST_SHARE = 0.7;
const LATEST_SHARE = 1.2;
/** A pause that is wider than this is as good as this. */
const WIDE_PAUSE_MS = 2000;
/** What the full distance from the planned end costs, in milliseconds of pause. */
const DISTANCE_MS = 1000;

/** A part of the media that is recognized by itself, and the speech in it. */
export interface SpeechPiece extends Span {
  speech: Span[];
}

/**
 * Divides the media into pieces of about equal length, each of at most `most` milliseconds, which end in pauses. Where nobody
 * pauses for so long, a piece ends in the middle of speech.
 */
export function cutPieces(speech: readonly Span[], most = MAX_PIECE_MS): SpeechPiece[] {
  if (speech.length === 0) return [];
  const end = speech.at(-1)!.to;
  const pieces: SpeechPiece[] = [];
  let from = speech[0]!.from;
  while (end - from > most) {
    const length = (end - from) / Math.ceil((end - from) / most);
    const cut = bestCut(speech, { from, length, most });
    pieces.push(pieceOf(speech, { from, to: cut.at }));
    from = cut.next;
  }
  return [...pieces, pieceOf(speech, { from, to: end })].filter((piece) => piece.speech.length > 0);
}

/** Where a piece that begins at `from` ends, and where the next one begins. */
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

/** Parts of the media that a recognizer hears one after the other. */
export interface Timeline {
  /** In the media. Each begins where the one before it ends for the recognizer. */
  stretches: readonly Span[];
}

/** What a recognizer hears of a piece: its speech, with long silences shortened, so that it has nothing to invent words for. */
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

/** The time in the media of a time that a recognizer reports. */
export function mediaTime({ stretches }: Timeline, heard: number): number {
  let left = Math.max(0, heard);
  for (const [index, { from, to }] of stretches.entries()) {
    if (left < to - from || index === stretches.length - 1) return Math.min(to, from + left);
    left -= to - from;
  }
  return heard;
}

/** Whether speech was found where a recognizer reports words. */
export function overlapsSpeech(speech: readonly Span[], { from, to }: Span): boolean {
  return speech.some((span) => span.from < to && span.to > from);
}

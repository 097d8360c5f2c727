import { NotRewritable } from '../verdicts.ts';
import { isAac } from './esds.ts';
import type { Times } from './gather-samples.ts';
import type { Edit, Track } from './movie.ts';

/* Fragments declare their decoding times. A plain file starts at zero and expresses other times with an edit list. */

const NORMAL_RATE = 0x10000;

/** How a plain file expresses the times of the fragments. */
export interface Timeline {
  /** The edit list, with durations in the new movie's time scale; null if the stream starts at zero. */
  edits: Edit[] | null;
  /** Units that are added to every offset of presentation times. */
  shift: number;
  /** Presentation time at which the stream starts, in the stream's time scale. */
  start: number;
}

/**
 * Finds the edit list and the offsets for which FFmpeg computes the same times as from the fragments (libavformat/mov.c: `mov_build_index`,
 * `mov_fix_index` and `mov_read_trun` of FFmpeg 7.1). In fragments, the edit list only shifts all samples, and hides no samples except at
 * the start of AAC. Negative offsets delay the presentation.
 */
export function timelineOf(
  track: Track,
  times: Times,
  inIndex: Times,
  movie: { timescale: number; newTimescale: number },
): Timeline {
  const { kind, media } = track;
  const { empty, start } = readEdits(track, movie.timescale);
  if (inIndex.length > 0) checkIndexed(track, inIndex, movie.timescale);
  const first = times.first + empty - start;
  if (!Number.isSafeInteger(first)) throw new NotRewritable('has fragments at absurd times');
  const delay = Math.max(0, -times.minOffset);
  const skipped = kind === 'audio' && isAac(track.entry) ? start : 0;
  const firstShown = first + times.firstShown + delay;
  const plain: Timeline = { edits: null, shift: delay, start: firstShown };
  if (first === 0 && skipped === 0 && (kind === 'audio' || start + delay === 0)) return plain;

  // Video starts with the earliest presentation time. Audio starts with its first sample, or after the skipped samples.
  const hidden = kind === 'video' ? times.earliest + delay : skipped;
  const begin = first + hidden;
  const fits = kind === 'video' ? times.firstShown === times.earliest : hidden <= media.timescale;
  if (begin >= 0 && fits) {
    const all = times.length + times.maxOffset + delay + 1;
    const duration = Math.ceil((all / media.timescale) * movie.newTimescale) + 1;
    const edits = [{ duration, mediaTime: hidden, rate: NORMAL_RATE }];
    if (begin > 0) {
      const before = rescale(begin, movie.newTimescale, media.timescale);
      edits.unshift({ duration: before, mediaTime: -1, rate: NORMAL_RATE });
    }
    return { edits, shift: delay, start: begin };
  }
  if (first === 0) return plain;
  // Negative offsets shift all samples back without hiding any sample, provided that one sample has the largest shift.
  if (first > 0 || skipped > 0 || times.minOffset + delay !== 0) {
    throw new NotRewritable('begins before its start, in a way that only fragments can express');
  }
  return { edits: null, shift: delay + first, start: firstShown };
}

interface ReadEdits {
  /** Delay of the stream, in the stream's time scale. */
  empty: number;
  /** Media time at which the presentation starts, in the stream's time scale. */
  start: number;
}

function readEdits({ edits, media }: Track, timescale: number): ReadEdits {
  if (!edits) return { empty: 0, start: 0 };
  const [first, ...others] = edits;
  const before = first!.mediaTime === -1 ? first! : null;
  const shown = before ? others : edits;
  if (shown.length > 1 || shown[0]?.mediaTime === -1) throw new NotRewritable('has fragments and several edits');
  if (shown.some(({ rate }) => rate !== NORMAL_RATE))
    throw new NotRewritable('has fragments and an edit of another speed');
  const empty = before ? rescale(before.duration, media.timescale, timescale) : 0;
  return { empty, start: shown[0]?.mediaTime ?? 0 };
}

/**
 * Throws `NotRewritable` unless the samples of the index keep their times. FFmpeg times these samples by the edit list alone. Their times
 * match the times of fragments only if the edit list hides no sample and starts with the first sample.
 */
function checkIndexed(track: Track, inIndex: Times, timescale: number): void {
  if (inIndex.minOffset < 0) throw new NotRewritable('has negative offsets in its index, and fragments');
  if (!track.edits) return;
  const shown = track.edits.at(-1)!;
  const end = shown.mediaTime + rescale(shown.duration, track.media.timescale, timescale);
  const showsFirst =
    track.kind === 'video'
      ? shown.mediaTime === inIndex.earliest
      : shown.mediaTime === 0 || (isAac(track.entry) && shown.mediaTime <= track.media.timescale);
  if (!showsFirst || shown.mediaTime === -1 || end < inIndex.length + inIndex.maxOffset) {
    throw new NotRewritable('has an edit list that hides samples, and fragments');
  }
}

/** Converts a time to another time scale, and rounds it to the nearest unit, as FFmpeg does. */
function rescale(value: number, to: number, from: number): number {
  const scaled = (BigInt(value) * BigInt(to) * 2n + BigInt(from)) / (BigInt(from) * 2n);
  if (scaled > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotRewritable('has an edit list of absurd times');
  return Number(scaled);
}

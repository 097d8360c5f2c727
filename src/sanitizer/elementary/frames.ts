import type { Ranges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import { refuseLength } from '../limits.ts';
import { NotRewritable } from '../verdicts.ts';
import { beginsTag, tagBytes } from './tags.ts';

/** What the head of one frame of sound says. */
export interface FrameHead {
  /** Of the whole frame, head included. */
  bytes: number;
  /** Equal for frames that one decoder can read in sequence without a reset. */
  form: number;
  samples: number;
  /** Samples a second. */
  rate: number;
}

/** A stream of frames without a container: where each begins follows from the one before. */
export interface FrameKind {
  headBytes: number;
  /** Null = no head of this kind. */
  read(bytes: Buffer, at: number): FrameHead | null;
}

export interface FoundFrames {
  ranges: Ranges;
  /** Bytes of all frames. */
  bytes: number;
  head: FrameHead;
  /** Of all frames, with what an encoder put before and behind the sound. */
  seconds: number;
}

/** FFmpeg gives up behind so many bytes without two frames in a row. */
const MAX_BEFORE = 64 * 1024;
/** Places where something else lies between two frames: concatenated recordings have a few. */
const MAX_GAPS = 1000;
const BLOCK = 64 * 1024;
const LONGEST_FRAME = 8192;
/** Heads in a row that junk does not hold by chance. */
const SURE = 3;

/**
 * Finds the frames from a place on; tags and other data before, between and behind them are left out. The last frame may
 * be cut off. Throws `NotRewritable` where there are none, or where they change their form.
 */
export function findFrames(file: FileBytes, from: number, kind: FrameKind): FoundFrames {
  const ranges = rangeList();
  const first = nextFrame(file, from, kind, null);
  if (!first) throw new NotRewritable('has no two frames of sound in a row');
  const { head: form } = first;
  // A frame at the very start counts, though damage follows it: without it all others would come too early.
  const lead = kind.read(file.read(from, kind.headBytes), 0);
  let at = lead?.form === form.form ? from : first.at;
  let samples = 0;
  let gaps = 0;
  while (at + kind.headBytes <= file.size) {
    const head = kind.read(file.read(at, kind.headBytes), 0);
    if (head?.form === form.form) {
      const end = Math.min(at + head.bytes, file.size);
      ranges.add(at, end);
      samples += head.samples;
      at = end;
      refuseLength(samples / form.rate);
      continue;
    }
    if (++gaps > MAX_GAPS) throw new NotRewritable('is interrupted in a thousand places');
    const tag = tagBytes(file, at);
    if (tag > 0) {
      at += tag;
      continue;
    }
    const next = nextFrame(file, at, kind, form.form);
    if (!next) break;
    at = next.at;
  }
  return { ranges: ranges.done(), bytes: ranges.bytes(), head: form, seconds: samples / form.rate };
}

/**
 * The next place where frames of a form begin. At least three frames of another form are not junk: the file changes in
 * the middle, which only FFmpeg's own reading can follow.
 */
function nextFrame(
  file: FileBytes,
  from: number,
  kind: FrameKind,
  form: number | null,
): { at: number; head: FrameHead } | null {
  const end = form === null ? Math.min(from + MAX_BEFORE, file.size) : file.size;
  for (let start = from; start < end; start += BLOCK) {
    // What follows a head is found in the same piece, so that a hostile file costs one read.
    const piece = file.read(start, Math.min(BLOCK + SURE * LONGEST_FRAME, file.size - start));
    for (let at = piece.indexOf(0xff); at >= 0 && at < BLOCK; at = piece.indexOf(0xff, at + 1)) {
      const head = kind.read(piece, at);
      if (!head) continue;
      const row = inARow(piece, at, head, kind, start + piece.length === file.size);
      if (row >= 2 && (form === null || form === head.form)) return { at: start + at, head };
      if (row >= SURE && form !== null) throw new NotRewritable('changes its rate or its channels in the middle');
    }
  }
  return null;
}

/** Frames of one form from here on, at most as many as make sure; a tag or the end of the file counts as one. */
function inARow(piece: Buffer, from: number, first: FrameHead, kind: FrameKind, isLast: boolean): number {
  let at = from + first.bytes;
  for (let row = 1; row < SURE; row++) {
    if ((at === piece.length && isLast) || beginsTag(piece, at)) return row + 1;
    const head = kind.read(piece, at);
    if (head?.form !== first.form) return row;
    at += head.bytes;
  }
  return SURE;
}

/** Places that follow each other closely become one. */
function rangeList() {
  const from: number[] = [];
  const bytes: number[] = [];
  let end = -1;
  let sum = 0;
  return {
    add(start: number, stop: number): void {
      if (start === end) bytes[bytes.length - 1]! += stop - start;
      else {
        from.push(start);
        bytes.push(stop - start);
      }
      end = stop;
      sum += stop - start;
    },
    bytes: () => sum,
    done: (): Ranges => ({ count: from.length, from: Float64Array.from(from), bytes: Float64Array.from(bytes) }),
  };
}

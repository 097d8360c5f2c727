import type { Ranges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import { checkLength } from '../limits.ts';
import { NotRewritable } from '../verdicts.ts';
import { beginsTag, tagBytes } from './tags.ts';

/** The header of an audio frame. */
export interface FrameHeader {
  /** Size of the entire frame in bytes, including the header. */
  bytes: number;
  /** Equal for frames that a decoder can read in sequence without a reset. */
  format: number;
  samples: number;
  /** Samples per second. */
  rate: number;
}

/** A stream of frames without a container: each frame begins where the previous frame ends. */
export interface FrameKind {
  headerBytes: number;
  /** Reads a header. Returns null if the bytes are not a header of this kind. */
  read(bytes: Buffer, at: number): FrameHeader | null;
}

export interface FoundFrames {
  ranges: Ranges;
  /** Number of bytes of all frames. */
  bytes: number;
  head: FrameHeader;
  /** Duration of all frames, including encoder delay and padding. */
  seconds: number;
}

/** Number of bytes without two consecutive frames after which FFmpeg stops searching. */
const MAX_BEFORE = 64 * 1024;
/** Maximum number of gaps between frames. Concatenated recordings have a few gaps. */
const MAX_GAPS = 1000;
const BLOCK = 64 * 1024;
const LONGEST_FRAME = 8192;
/** Number of consecutive headers that do not occur by chance. */
const MIN_CONSECUTIVE = 3;

/**
 * Finds all frames from an offset on, and skips tags and other data before, between and after them. The last frame may be truncated. Throws
 * `NotRewritable` if there are no frames, or if their format changes.
 */
export function findFrames(file: FileBytes, from: number, kind: FrameKind): FoundFrames {
  const ranges = rangeList();
  const first = nextFrame(file, from, kind, null);
  if (!first) throw new NotRewritable('has no two consecutive audio frames');
  const { head: format } = first;
  // Keep a frame at the very start even if damage follows it. Without this frame, all other frames would have too early times.
  const lead = kind.read(file.read(from, kind.headerBytes), 0);
  let at = lead?.format === format.format ? from : first.at;
  let samples = 0;
  let gaps = 0;
  while (at + kind.headerBytes <= file.size) {
    const head = kind.read(file.read(at, kind.headerBytes), 0);
    if (head?.format === format.format) {
      const end = Math.min(at + head.bytes, file.size);
      ranges.add(at, end);
      samples += head.samples;
      at = end;
      checkLength(samples / format.rate);
      continue;
    }
    if (++gaps > MAX_GAPS) throw new NotRewritable('has more than a thousand gaps between its frames');
    const tag = tagBytes(file, at);
    if (tag > 0) {
      at += tag;
      continue;
    }
    const next = nextFrame(file, at, kind, format.format);
    if (!next) break;
    at = next.at;
  }
  return { ranges: ranges.done(), bytes: ranges.bytes(), head: format, seconds: samples / format.rate };
}

/**
 * Finds the offset at which frames of a format begin again. Returns null if no such frames follow. Three frames of another format are no
 * coincidence: the file changes its format, which only FFmpeg can handle.
 */
function nextFrame(
  file: FileBytes,
  from: number,
  kind: FrameKind,
  format: number | null,
): { at: number; head: FrameHeader } | null {
  const end = format === null ? Math.min(from + MAX_BEFORE, file.size) : file.size;
  for (let start = from; start < end; start += BLOCK) {
    // Each piece also contains the bytes after its headers, so that a hostile file costs one read per piece.
    const piece = file.read(start, Math.min(BLOCK + MIN_CONSECUTIVE * LONGEST_FRAME, file.size - start));
    for (let at = piece.indexOf(0xff); at >= 0 && at < BLOCK; at = piece.indexOf(0xff, at + 1)) {
      const head = kind.read(piece, at);
      if (!head) continue;
      const row = countConsecutive(piece, at, head, kind, start + piece.length === file.size);
      if (row >= 2 && (format === null || format === head.format)) return { at: start + at, head };
      if (row >= MIN_CONSECUTIVE && format !== null) {
        throw new NotRewritable('changes its sample rate or its channels in the middle');
      }
    }
  }
  return null;
}

/** Counts consecutive frames of one format, at most `MIN_CONSECUTIVE`. A tag or the end of the file counts as a frame. */
function countConsecutive(piece: Buffer, from: number, first: FrameHeader, kind: FrameKind, isLast: boolean): number {
  let at = from + first.bytes;
  for (let row = 1; row < MIN_CONSECUTIVE; row++) {
    if ((at === piece.length && isLast) || beginsTag(piece, at)) return row + 1;
    const head = kind.read(piece, at);
    if (head?.format !== first.format) return row;
    at += head.bytes;
  }
  return MIN_CONSECUTIVE;
}

/** Collects ranges, and merges adjacent ranges. */
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

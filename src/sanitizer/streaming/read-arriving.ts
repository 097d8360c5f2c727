import type { MediaInfo, SourceText, StreamPackets } from '../../ffmpeg/index.ts';
import { type Arriving, createOut, type FileBytes, openBytes } from '../file-bytes.ts';
import type { Movie } from '../isobmff/movie.ts';
import { codecOf } from '../isobmff/movie-facts.ts';
import { movieInfo } from '../isobmff/movie-info.ts';
import { moviePackets } from '../isobmff/movie-packets.ts';
import { withDecodableText } from '../isobmff/movie-text.ts';
import { readMovie } from '../isobmff/read-movie.ts';
import { videoTimings } from '../isobmff/track-times.ts';
import { withSubtitles, writeMovie } from '../isobmff/write-movie.ts';
import { readMatroska } from '../matroska/rewrite.ts';
import { summariseText } from '../source-text.ts';
import type { Corrections, Write } from '../types.ts';
import { NotRewritable } from '../verdicts.ts';
import { ArrivalState } from './arrival-state.ts';
import { requireIndexFirst, requireInterleaved } from './in-order.ts';

/** Demuxers of the containers that can be remuxed from start to end while they arrive. */
export const ARRIVING_DEMUXERS = ['mov', 'matroska'] as const;
export type ArrivingDemuxer = (typeof ARRIVING_DEMUXERS)[number];

/**
 * How a preset may copy streams. `shortSide` is the maximum short side of pictures that may be copied; null if pictures of any size may be
 * copied.
 */
export interface CopyRule {
  shortSide: number | null;
}

interface Read {
  write: Write;
  text: SourceText | null;
  packets: StreamPackets[] | null;
  describe(): MediaInfo | null;
  corrections?: (info: MediaInfo | null) => Corrections;
}

const READERS: Readonly<Record<ArrivingDemuxer, (file: FileBytes, copy: CopyRule | null) => Read>> = {
  mov(file, copy) {
    requireIndexFirst(file);
    const movie = readMovie(file);
    requireInterleaved(movie);
    if (copy) requireEncoding(movie, copy);
    const packets = copy && moviePackets(movie, file, false);
    const write: Write = (out, mediaBytes) => {
      writeMovie(withSubtitles(movie), file, out, mediaBytes);
      // The subtitles have been described already.
      if (withDecodableText(movie, file) !== movie)
        throw new NotRewritable('has subtitles that the reader cannot keep');
    };
    const text = movie.text ? summariseText(movie.text) : null;
    return {
      write,
      packets,
      text,
      describe: () => movieInfo(movie, file),
      corrections: () => ({ timings: videoTimings(movie) }),
    };
  },
  matroska(file) {
    const { write, describe, text } = readMatroska(file, false);
    return { write, packets: null, text: text?.() ?? null, describe: () => describe?.() ?? null };
  },
};

/** Throws if the rule allows copying the video, because only the headers of all its packets show whether it can be copied. */
function requireEncoding({ tracks }: Movie, { shortSide }: CopyRule): void {
  for (const track of tracks) {
    if (codecOf(track) !== 'h264') continue;
    const side = Math.min(track.entry.readUInt16BE(WIDTH_AT), track.entry.readUInt16BE(WIDTH_AT + 2));
    if (shortSide === null || side <= shortSide) throw new NotRewritable('has video that may be copied');
  }
}
/** Offset of the width and the height in a sample entry of video. */
const WIDTH_AT = 8 + 24;

/** A file whose head has been read while the rest arrives. */
export interface ArrivingFile {
  /** See `SanitizeResult`. */
  packets: StreamPackets[] | null;
  info: MediaInfo | null;
  corrections: Corrections;
  text: SourceText | null;
  /** Writes the new container. Blocks the thread until the entire file has arrived and is remuxed. */
  copy(target: string): void;
}

/**
 * Reads the head of a file that is still being fetched: everything before its media, and the first frames if they are needed to describe
 * the file. Blocks the thread. Throws `NotRewritable` if the container cannot be remuxed from start to end, and also `Rejected` and
 * `SourceLost`.
 */
export function readArriving(
  path: string,
  from: { demuxer: ArrivingDemuxer; size: number; memory: SharedArrayBuffer; copy: CopyRule | null },
): ArrivingFile {
  const { demuxer, size, memory, copy } = from;
  const state = new ArrivalState(memory);
  const arriving: Arriving = { size, waitFor: (bytes) => state.waitForArrival(bytes) };
  const file = openBytes(path, arriving);
  const { write, packets, text, describe, corrections } = READERS[demuxer](file, copy);
  const info = describe();
  return {
    packets,
    info,
    text,
    corrections: info ? {} : (corrections?.(null) ?? {}),
    copy: (target) => copyTo(target, write, state),
  };
}

function copyTo(target: string, write: Write, state: ArrivalState): void {
  const out = createOut(target, (position) => state.setWritten(position));
  try {
    write(out, null);
    out.close();
  } catch (error) {
    out.discard();
    // A table ended early, or the file has features that cannot be rewritten. The entire file is read again later.
    throw error instanceof RangeError ? new NotRewritable('ends before what it declares') : error;
  }
}

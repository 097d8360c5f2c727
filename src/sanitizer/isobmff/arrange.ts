import type { Ranges } from '../copy-ranges.ts';
import { NotRewritable } from '../verdicts.ts';
import type { Track } from './movie.ts';

/** Maximum number of chunks: twelve hours with one chunk per video frame, plus the audio. */
const MAX_CHUNKS = 4_000_000;

export interface Layout {
  /** Chunk offsets of each track, relative to the first byte of the data. */
  offsets: Float64Array[];
  /** Ranges to copy, in file order. Adjacent ranges are merged. */
  ranges: Ranges;
  bytes: number;
}

/** Packs all chunks together, so that nothing else from the file is copied. */
export function arrange(tracks: readonly Pick<Track, 'samples'>[]): Layout {
  const total = tracks.reduce((sum, { samples }) => sum + samples.chunks.count, 0);
  if (total > MAX_CHUNKS) throw new NotRewritable('has more chunks than the reader supports');
  const from = new Float64Array(total);
  const bytes = new Float64Array(total);
  const offsets = new Float64Array(total);
  let filled = 0;
  for (const { samples } of tracks) {
    from.set(samples.chunks.offsets, filled);
    bytes.set(samples.chunks.bytes, filled);
    filled += samples.chunks.count;
  }
  const order = new Uint32Array(total).map((_, index) => index).sort((a, b) => from[a]! - from[b]!);
  const ranges: Ranges = { count: 0, from: new Float64Array(total), bytes: new Float64Array(total) };
  let length = 0;
  let end = -1;
  for (const chunk of order) {
    offsets[chunk] = length;
    const [start, size] = [from[chunk]!, bytes[chunk]!];
    if (size === 0) continue;
    // Data that is used twice would make the copy larger than the file.
    if (start < end) throw new NotRewritable('uses its data several times');
    if (start !== end) ranges.from[ranges.count++] = start;
    ranges.bytes[ranges.count - 1]! += size;
    end = start + size;
    length += size;
  }
  return { offsets: perTrack(tracks, offsets), ranges, bytes: length };
}

function perTrack(tracks: readonly Pick<Track, 'samples'>[], offsets: Float64Array): Float64Array[] {
  let at = 0;
  return tracks.map(({ samples }) => {
    at += samples.chunks.count;
    return offsets.subarray(at - samples.chunks.count, at);
  });
}

import type { FileBytes } from '../file-bytes.ts';
import { boxBudget, boxesIn } from '../isobmff/boxes.ts';
import type { Movie, Track } from '../isobmff/movie.ts';
import { NotRewritable } from '../verdicts.ts';

/**
 * Maximum number of seconds by which a stream may be ahead of another stream in the order of the file. FFmpeg's demuxer reads a file in its
 * order up to a difference of one second, and jumps if the difference is larger. A pipe does not allow jumps, so FFmpeg would delay the
 * complete stream that is ahead.
 */
const MAX_AHEAD_SECONDS = 1;

/**
 * Throws unless a movie has its index before its data, and nothing after the data. Reads only the heads of the first
 * boxes, so that it does not wait for the rest of the file.
 */
export function requireIndexFirst(file: FileBytes): void {
  let hasIndex = false;
  for (const box of boxesIn(file, 0, file.size, boxBudget(), true)) {
    if (box.type === 'moov') {
      hasIndex = true;
      if ([...boxesIn(file, box.body, box.end, boxBudget())].some(({ type }) => type === 'mvex')) break;
    }
    if (box.type === 'moof') break;
    if (box.type !== 'mdat') continue;
    if (!hasIndex || box.end < file.size) break;
    return;
  }
  throw new NotRewritable('does not have its entire index before its data');
}

/** Throws unless the streams of a movie advance together in the order of the file. */
export function requireInterleaved({ tracks }: Movie): void {
  const cursors = tracks.map((track) => ({ track, chunk: 0, seconds: chunkTimes(track), time: 0 }));
  for (;;) {
    const open = cursors.filter(({ track, chunk }) => chunk < track.samples.chunks.count);
    if (open.length < 2) return;
    const offsetOf = ({ track, chunk }: (typeof cursors)[number]) => track.samples.chunks.offsets[chunk]!;
    const next = open.reduce((first, other) => (offsetOf(other) < offsetOf(first) ? other : first));
    const slowest = Math.min(...open.map(({ time }) => time));
    if (next.time - slowest > MAX_AHEAD_SECONDS) throw new NotRewritable('is not interleaved');
    next.time = next.seconds();
    next.chunk++;
  }
}

/** Returns a function that returns the end of the next chunk with every call, in seconds of decoding time. */
function chunkTimes({ samples, media }: Track): () => number {
  let [chunk, row, left, ticks] = [0, -8, 0, 0];
  return () => {
    for (let count = samples.chunks.samples[chunk++]!; count > 0; ) {
      while (left === 0) {
        row += 8;
        left = samples.durations.readUInt32BE(row);
      }
      const used = Math.min(count, left);
      ticks += used * samples.durations.readUInt32BE(row + 4);
      count -= used;
      left -= used;
    }
    return ticks / media.timescale;
  };
}

import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import { SIZE_BYTES, SIZE_READERS, sizeComparison } from '../codecs/frame-size.ts';
import { type FileBytes, sparseBytes } from '../file-bytes.ts';
import { listSamples } from './list-samples.ts';
import type { Movie, Track } from './movie.ts';

/** FFmpeg's names of the codecs of sample entries whose pictures may change their size. */
const CODECS: Readonly<Record<string, string>> = { vp08: 'vp8', vp09: 'vp9', av01: 'av1' };

/**
 * Returns whether pictures of a video track have another size than its first picture, as far as its codec allows this. Returns undefined if
 * this is not known.
 */
export function movieChangesSize({ tracks }: Movie, file: FileBytes): boolean | undefined {
  const results = tracks.flatMap((track) => {
    const read = SIZE_READERS[CODECS[track.entry.toString('latin1', 4, 8)] ?? ''];
    return read ? [unlessUnclear(() => isSteady(track, file, sizeComparison(read)))] : [];
  });
  if (results.includes(false)) return true;
  return results.length === 0 || results.includes(null) ? undefined : false;
}

function isSteady(track: Track, file: FileBytes, sizes: ReturnType<typeof sizeComparison>): boolean {
  const { count, positions, sizes: bytes } = listSamples(track);
  const heads = sparseBytes(file);
  mustBe(count > 0);
  for (let sample = 0; sample < count; sample++) {
    const head = heads.read(positions[sample]!, Math.min(SIZE_BYTES, bytes[sample]!));
    if (!sizes.isSame(head)) return false;
  }
  return true;
}

import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import { SIZE_BYTES, SIZE_READERS, sizeComparison } from '../codecs/frame-size.ts';
import { type FileBytes, sparseBytes } from '../file-bytes.ts';
import { vint, vintLength } from './ebml.ts';
import { isBlock, type MediaRange, mediaElements } from './frame-times.ts';
import { codecOf } from './track-info.ts';
import type { KeptTracks } from './tracks.ts';

/** Maximum number of blocks that are read: more than an hour with sound. */
const MAX_BLOCKS = 500_000;
const LACING = 0x06;

/**
 * Returns whether pictures of a video track have another size than its first picture, as far as its codec allows this. Returns undefined if
 * this is not known.
 */
export function picturesChangeSize(file: FileBytes, head: MediaRange & { tracks: KeptTracks }): boolean | undefined {
  const comparisons = new Map(
    head.tracks.described.flatMap(({ number, isVideo, values }) => {
      const read = isVideo && values ? SIZE_READERS[codecOf(values) ?? ''] : undefined;
      return read ? [[number, sizeComparison(read)] as const] : [];
    }),
  );
  if (comparisons.size === 0) return undefined;
  const isSteady = unlessUnclear(() => {
    const heads = sparseBytes(file);
    let left = MAX_BLOCKS;
    for (const element of mediaElements(heads, head)) {
      if (!isBlock(element)) continue;
      mustBe(--left > 0);
      const bytes = heads.read(element.body, Math.min(SIZE_BYTES, element.end! - element.body));
      const length = vintLength(bytes[0] ?? 0);
      mustBe(bytes.length >= length + 3 && (bytes[length + 2]! & LACING) === 0);
      const frame = bytes.subarray(length + 3);
      if (comparisons.get(vint(bytes, 0, length) ?? 0)?.isSame(frame) === false) return false;
    }
    return true;
  });
  return isSteady === null ? undefined : !isSteady;
}

import type { FileBytes, FileOut } from './file-bytes.ts';
import { Refused } from './verdicts.ts';

const BLOCK = 1024 * 1024;

/** Plain numbers, for a hostile file makes millions of them. */
export interface Ranges {
  count: number;
  from: Float64Array;
  bytes: Float64Array;
}

/** Copies ranges one behind the other; after `most` bytes the rest is left as a hole. */
export function copyRanges(file: FileBytes, out: FileOut, ranges: Ranges, most: number | null): void {
  const block = Buffer.alloc(BLOCK);
  let left = most ?? Number.POSITIVE_INFINITY;
  let hole = 0;
  for (let index = 0; index < ranges.count; index++) {
    const [from, bytes] = [ranges.from[index]!, ranges.bytes[index]!];
    const wanted = Math.min(bytes, left);
    for (let done = 0; done < wanted; ) {
      const part = block.subarray(0, Math.min(BLOCK, wanted - done));
      if (file.readInto(part, from + done) !== part.length) {
        throw new Refused('invalid_media', 'changed while it was read.');
      }
      out.write(part);
      done += part.length;
    }
    left -= wanted;
    hole += bytes - wanted;
  }
  out.skip(hole);
}

export function copyRange(file: FileBytes, out: FileOut, from: number, bytes: number, most: number | null): void {
  copyRanges(file, out, { count: 1, from: Float64Array.of(from), bytes: Float64Array.of(bytes) }, most);
}

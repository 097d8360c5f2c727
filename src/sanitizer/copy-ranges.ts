import type { FileBytes, FileOut } from './file-bytes.ts';
import { Rejected } from './verdicts.ts';

const BLOCK = 1024 * 1024;

/** Ranges as typed arrays, because a hostile file can declare millions of ranges. */
export interface Ranges {
  count: number;
  from: Float64Array;
  bytes: Float64Array;
}

/** Appends ranges to the output. Leaves a hole for everything after `maxBytes` bytes. */
export function copyRanges(file: FileBytes, out: FileOut, ranges: Ranges, maxBytes: number | null): void {
  const block = Buffer.alloc(BLOCK);
  let left = maxBytes ?? Number.POSITIVE_INFINITY;
  let hole = 0;
  for (let index = 0; index < ranges.count; index++) {
    const [from, bytes] = [ranges.from[index]!, ranges.bytes[index]!];
    const wanted = Math.min(bytes, left);
    for (let done = 0; done < wanted; ) {
      const part = block.subarray(0, Math.min(BLOCK, wanted - done));
      if (file.readInto(part, from + done) !== part.length) {
        throw new Rejected('invalid_media', 'changed while it was being read.');
      }
      out.write(part);
      out.settle();
      done += part.length;
    }
    left -= wanted;
    hole += bytes - wanted;
  }
  out.skip(hole);
}

export function copyRange(file: FileBytes, out: FileOut, from: number, bytes: number, maxBytes: number | null): void {
  copyRanges(file, out, { count: 1, from: Float64Array.of(from), bytes: Float64Array.of(bytes) }, maxBytes);
}

import { readAv1Size } from './av1.ts';
import { readVp8 } from './vp8.ts';
import { readVp9Size } from './vp9.ts';

export interface FrameSize {
  width: number;
  height: number;
}

/** Number of bytes of a frame that contain its size. */
export const SIZE_BYTES = 256;

/** Reads the size that a frame declares from its first bytes; null if the frame keeps the size. Throws `Unclear`. */
export type SizeReader = (head: Buffer) => FrameSize | null;

/** Readers of the codecs whose pictures may change their size, by FFmpeg's names of the codecs. */
export const SIZE_READERS: Readonly<Record<string, SizeReader>> = {
  vp8: (head) => (head[0]! % 2 === 0 ? readVp8(head, Number.POSITIVE_INFINITY) : null),
  vp9: readVp9Size,
  av1: readAv1Size,
};

/** Compares the sizes of the frames of one track. */
export function sizeComparison(read: SizeReader) {
  let first: FrameSize | null = null;
  return {
    /** Returns whether a frame has the size of the first frame. Throws `Unclear`. */
    isSame(head: Buffer): boolean {
      const size = head.length > 0 ? read(head) : null;
      first ??= size;
      return size === null || (size.width === first!.width && size.height === first!.height);
    },
  };
}

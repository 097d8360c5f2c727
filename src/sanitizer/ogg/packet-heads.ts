import type { OggPage } from './pages.ts';

/** Length of a segment after which the packet continues. */
const SEGMENT = 255;
/** Number of bytes of a packet that identify its kind. */
const HEAD = 16;

/** Returns a reader of consecutive pages. The reader returns the first bytes of each packet that ends on the page. */
export function packetHeads(): (page: OggPage) => Buffer[] {
  let open: Buffer | null = null;
  return ({ lacing, body }) => {
    const heads: Buffer[] = [];
    let at = 0;
    for (const length of lacing) {
      // If the packet continues on the next page, this segment is longer than its head.
      open ??= body.subarray(at, at + Math.min(length, HEAD));
      at += length;
      if (length === SEGMENT) continue;
      heads.push(open);
      open = null;
    }
    if (open) open = Buffer.from(open);
    return heads;
  };
}

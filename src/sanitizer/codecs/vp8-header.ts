import { mustBe } from './bits.ts';

/** Number of bytes before the compressed header of a key frame. */
const UNCOMPRESSED = 10;
const SEGMENTS = 4;
const DELTAS = 8;

/** Decodes booleans for which zero and one have the same probability (RFC 6386, 7.3). Throws `Unclear` beyond the end. */
class BooleanReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #value = 0;
  #range = 255;
  /** Number of bits of `#value` that have been read but not yet used, beyond the first eight. */
  #spare = -8;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  flag(): boolean {
    while (this.#spare < 0) {
      mustBe(this.#at < this.#bytes.length);
      this.#value = this.#value * 256 + this.#bytes[this.#at++]!;
      this.#spare += 8;
    }
    const split = 1 + ((this.#range - 1) >> 1);
    const isSet = this.#value >> this.#spare >= split;
    if (isSet) {
      this.#range -= split;
      this.#value -= split << this.#spare;
    } else this.#range = split;
    while (this.#range < 128) {
      this.#range *= 2;
      this.#spare--;
    }
    return isSet;
  }

  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) value = value * 2 + (this.flag() ? 1 : 0);
    return value;
  }

  /** Skips signed numbers, each of which follows a flag that states whether the number is present. */
  skipOptional(count: number, bits: number): void {
    for (let index = 0; index < count; index++) if (this.flag()) this.bits(bits + 1);
  }
}

/**
 * Reads the compressed header of a key frame (RFC 6386, 9.2 to 9.5) up to the sizes of its partitions. FFmpeg may reject the frame because
 * of these fields, and would then not report its size. The caller has checked that the first part is within the frame. Returns whether the
 * pixels may have all values. `read` returns bytes of the frame.
 */
export function readVp8Header(
  frame: { bytes: number; firstPart: number },
  read: (at: number, length: number) => Buffer,
): { isFullRange: boolean } {
  const { bytes, firstPart } = frame;
  const reader = new BooleanReader(Buffer.from(read(UNCOMPRESSED, Math.min(firstPart, 256))));
  reader.flag();
  const isFullRange = reader.flag();
  if (reader.flag()) skipSegments(reader);
  reader.bits(1 + 6 + 3);
  if (reader.flag() && reader.flag()) reader.skipOptional(DELTAS, 6);
  const partitions = 2 ** reader.bits(2);
  const table = UNCOMPRESSED + firstPart;
  let left = bytes - table - 3 * (partitions - 1);
  mustBe(left > 0);
  const sizes = Buffer.from(read(table, 3 * (partitions - 1)));
  for (let at = 0; at < sizes.length; at += 3) {
    const size = sizes.readUIntLE(at, 3);
    mustBe(size > 0);
    left -= size;
  }
  mustBe(left > 0);
  return { isFullRange };
}

function skipSegments(reader: BooleanReader): void {
  const [hasMap, hasValues] = [reader.flag(), reader.flag()];
  if (hasValues) {
    reader.flag();
    reader.skipOptional(SEGMENTS, 7);
    reader.skipOptional(SEGMENTS, 6);
  }
  if (hasMap) for (let index = 1; index < SEGMENTS; index++) if (reader.flag()) reader.bits(8);
}

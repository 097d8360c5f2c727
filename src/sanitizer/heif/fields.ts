import { Rejected } from '../verdicts.ts';

/** Reads the fields of a box in order. */
export interface Fields {
  version: number;
  flags: number;
  /** Reads an unsigned integer of 0, 1, 2, 4 or 8 bytes. Throws `Rejected` for other sizes, and for values above 2^53. */
  number(bytes: number): number;
  text(bytes: number): string;
}

/**
 * Returns a reader of the fields of a box. `at` is the offset of the first field, which is 4 after version and flags. Reading past the end
 * throws `RangeError`.
 */
export function fieldsOf(bytes: Buffer, at = 4): Fields {
  let next = at;
  const advance = (length: number): number => {
    next += length;
    if (next > bytes.length) throw new RangeError('beyond the end');
    return next - length;
  };
  return {
    version: at === 4 ? bytes.readUInt8(0) : 0,
    flags: at === 4 ? bytes.readUIntBE(1, 3) : 0,
    number(length) {
      if (length === 0) return 0;
      if (![1, 2, 4, 8].includes(length)) throw new Rejected('invalid_media', 'has integer fields of an invalid size.');
      const from = advance(length);
      if (length < 8) return bytes.readUIntBE(from, length);
      const long = bytes.readBigUInt64BE(from);
      if (long > BigInt(Number.MAX_SAFE_INTEGER))
        throw new Rejected('invalid_media', 'declares data at an absurd offset.');
      return Number(long);
    },
    text(length) {
      const from = advance(length);
      return bytes.toString('latin1', from, from + length);
    },
  };
}

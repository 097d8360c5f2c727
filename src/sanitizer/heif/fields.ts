import { Refused } from '../verdicts.ts';

/** Fields of a box, one behind the other. */
export interface Fields {
  version: number;
  flags: number;
  /** Unsigned, of 0, 1, 2, 4 or 8 bytes. Throws `Refused` for other sizes and beyond 2^53, `RangeError` beyond the end. */
  number(bytes: number): number;
  text(bytes: number): string;
}

/** `at`: where the fields begin; 4 = behind version and flags. */
export function fieldsOf(bytes: Buffer, at = 4): Fields {
  let next = at;
  const take = (length: number): number => {
    next += length;
    if (next > bytes.length) throw new RangeError('beyond the end');
    return next - length;
  };
  return {
    version: at === 4 ? bytes.readUInt8(0) : 0,
    flags: at === 4 ? bytes.readUIntBE(1, 3) : 0,
    number(length) {
      if (length === 0) return 0;
      if (![1, 2, 4, 8].includes(length)) throw new Refused('invalid_media', 'counts in numbers of absurd size.');
      const from = take(length);
      if (length < 8) return bytes.readUIntBE(from, length);
      const long = bytes.readBigUInt64BE(from);
      if (long > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refused('invalid_media', 'declares data at absurd places.');
      return Number(long);
    },
    text(length) {
      const from = take(length);
      return bytes.toString('latin1', from, from + length);
    },
  };
}

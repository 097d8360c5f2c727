/** An off-heap array that grows, because fragments do not declare how many samples follow them. */
export interface Growing<T extends Uint32Array | Float64Array> {
  readonly length: number;
  push(value: number): void;
  /** Returns the current values, which are valid until the next `push`. */
  view(): T;
}

const FIRST_LENGTH = 256;

function growing<T extends Uint32Array | Float64Array>(make: (length: number) => T): Growing<T> {
  let values = make(FIRST_LENGTH);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === values.length) {
        const larger = make(length * 2);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    view: () => values.subarray(0, length) as T,
  };
}

export const growingIntegers = (): Growing<Uint32Array> => growing((length) => new Uint32Array(length));
export const growingFloats = (): Growing<Float64Array> => growing((length) => new Float64Array(length));

/** Run-length encoded values: the pairs of `stts` and `ctts`. */
export interface Runs {
  /** Number of pairs. */
  readonly length: number;
  push(value: number, count?: number): void;
  /** Returns pairs of count and value, 32 bits each, big-endian. Adds `add` to every value. */
  pairs(add?: number): Buffer;
}

export function growingRuns(): Runs {
  const table = growingIntegers();
  let value = 0;
  let count = 0;
  const close = () => {
    if (count === 0) return;
    table.push(count);
    table.push(value);
    count = 0;
  };
  return {
    get length() {
      return table.length / 2 + (count > 0 ? 1 : 0);
    },
    push(next, times = 1) {
      if (next !== value) close();
      value = next;
      count += times;
    },
    pairs(add = 0) {
      close();
      const rows = table.view().slice();
      for (let at = 1; at < rows.length; at += 2) rows[at]! += add;
      return bigEndian(rows);
    },
  };
}

/** Converts numbers to the byte order of a box, in place. */
export function bigEndian(numbers: Uint32Array): Buffer {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return LITTLE_ENDIAN ? bytes.swap32() : bytes;
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

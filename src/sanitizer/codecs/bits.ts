/** Error for a stream that the readers do not completely understand. Only ffprobe can describe the stream. */
export class Unclear extends Error {}

/** Returns the result of `read`, or null if `read` finds the stream unclear. */
export function unlessUnclear<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unclear) return null;
    throw error;
  }
}

/** Throws `Unclear` unless the condition is true. */
export function mustBe(condition: boolean): asserts condition {
  if (!condition) throw new Unclear();
}

/** Reads bits from the most significant to the least significant. Throws `Unclear` beyond the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length * 8 - this.#at;
  }

  /** Reads an unsigned number of at most 32 bits. */
  bits(count: number): number {
    mustBe(count <= this.left);
    let value = 0;
    for (let index = 0; index < count; index++, this.#at++) {
      value = value * 2 + ((this.#bytes[this.#at >> 3]! >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** Returns the next bits without consuming them; null if there are fewer bits. */
  peek(count: number): number | null {
    if (count > this.left) return null;
    const value = this.bits(count);
    this.#at -= count;
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    mustBe(count <= this.left);
    this.#at += count;
  }

  /** Reads an unsigned Exp-Golomb code (ITU-T H.264, 9.1) of at most `max`. */
  ue(max = 2 ** 32 - 2): number {
    let zeros = 0;
    while (!this.flag()) mustBe(++zeros < 32);
    const value = 2 ** zeros - 1 + this.bits(zeros);
    mustBe(value <= max);
    return value;
  }

  /** Reads a signed Exp-Golomb code. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  /** Number of bits before the bit that ends a payload of H.264 or HEVC. Negative once that bit has been read. */
  get payloadLeft(): number {
    let last = this.#bytes.length - 1;
    while (last >= 0 && this.#bytes[last] === 0) last--;
    const byte = this.#bytes[last] ?? 0;
    const lowest = 31 - Math.clz32(byte & -byte);
    return last * 8 + 7 - lowest - this.#at;
  }
}

/** Powers of ten of the SI prefixes, as in `av_strtod`. A trailing `i` replaces the base ten by 2^(10/3): Ki = 1024. */
const EXPONENTS: Readonly<Record<string, number>> = {
  ...{ y: -24, z: -21, a: -18, f: -15, p: -12, n: -9, u: -6, m: -3, c: -2, d: -1 },
  ...{ h: 2, k: 3, K: 3, M: 6, G: 9, T: 12, P: 15, E: 18, Z: 21, Y: 24 },
};

const NUMBER = /(?:0[xX]([0-9a-fA-F]+)|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(infinity|inf|nan))/iy;

/**
 * Reads a number at `at` with its suffix (`5k`, `2Mi`, `3dB`, `8B` = 64). `negative` = a minus sign precedes the number, so that decibels
 * are negative. Returns null if there is no number.
 */
export function readNumberAt(text: string, at: number, negative = false): { value: number; end: number } | null {
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  if (!match) return null;
  let end = NUMBER.lastIndex;
  const [, hex, digits, word] = match;
  let value = hex !== undefined ? Number(`0x${hex}`) : digits !== undefined ? Number(digits) : namedNumber(word!);
  if (negative) value = -value;
  if (text.startsWith('dB', end)) {
    value = 10 ** (value / 20);
    end += 2;
  } else {
    const exponent = Object.hasOwn(EXPONENTS, text[end] ?? '') ? EXPONENTS[text[end]!]! : null;
    if (exponent !== null) {
      const binary = text[end + 1] === 'i';
      value = binary ? value * 2 ** (exponent / 0.3) : scale(value, exponent);
      end += binary ? 2 : 1;
    }
  }
  if (text[end] === 'B') {
    value *= 8;
    end++;
  }
  return { value, end };
}

/** Multiplies by a power of ten. A division by an exact power is exact, but a multiplication by its rounded inverse is not (5m = 0.005). */
function scale(value: number, exponent: number): number {
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}

function namedNumber(word: string): number {
  return word.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
}

/** Writes a number so that FFmpeg reads it back to the last bit: as plain decimals, with an exponent only from 1e21 on and below 1e-6. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Returns the nearest fraction whose terms do not exceed `max`, computed with continued fractions as in FFmpeg. */
export function nearestFraction(numerator: number, denominator: number, max: number): number {
  let [num, den] = [BigInt(numerator), BigInt(denominator)];
  const limit = BigInt(max);
  const divisor = greatestDivisor(num, den);
  [num, den] = [num / divisor, den / divisor];
  if (num <= limit && den <= limit) return Number(num) / Number(den);
  let [n0, d0, n1, d1] = [0n, 1n, 1n, 0n];
  while (den > 0n) {
    let times = num / den;
    const [n2, d2] = [times * n1 + n0, times * d1 + d0];
    if (n2 > limit || d2 > limit) {
      if (n1 > 0n) times = (limit - n0) / n1;
      if (d1 > 0n) times = smaller(times, (limit - d0) / d1);
      if (den * (2n * times * d1 + d0) > num * d1) [n1, d1] = [times * n1 + n0, times * d1 + d0];
      break;
    }
    [n0, d0, n1, d1] = [n1, d1, n2, d2];
    [num, den] = [den, num % den];
  }
  return Number(n1) / Number(d1);
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Returns `value * multiplier / divisor`, rounded half away from zero. */
export function scaled(value: number, multiplier: number, divisor: number): number {
  const product = BigInt(value) * BigInt(multiplier) * 2n;
  const by = BigInt(divisor);
  return Number((product + (value < 0 ? -by : by)) / (2n * by));
}

import type { PadKind } from '../../policy/filters/types.ts';

/** Known properties of a stream at one point of a filter graph. */
export interface Flow {
  kind: PadKind;
  /** Pixels; NaN = unknown, or audio. */
  width: number;
  height: number;
  /** Whether the size is exact, not an estimate. */
  certain: boolean;
  /** Frames per second; null = unknown, or audio. */
  rate: number | null;
  /** Seconds until the stream ends; null = unknown, Infinity = endless. */
  seconds: number | null;
}

export function soundFlow(seconds: number | null): Flow {
  return { kind: 'a', width: Number.NaN, height: Number.NaN, certain: false, rate: null, seconds };
}

/** Returns the longest of several durations. The result is unknown if a duration is unknown, unless another duration is endless. */
export function longest(seconds: readonly (number | null)[]): number | null {
  if (seconds.includes(Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
  if (seconds.length === 0 || seconds.includes(null)) return null;
  return Math.max(...(seconds as number[]));
}

/** Returns the shortest of the known durations; null = no duration is known. */
export function shortest(seconds: readonly (number | null)[]): number | null {
  const known = seconds.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

export function plus(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}

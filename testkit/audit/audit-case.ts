import type { World } from './world.ts';

/** A measured figure of an output, and its limit. */
export interface Figure {
  name: string;
  value: number | string;
  limit: string;
  holds: boolean;
}

export interface AuditCase {
  /** Topic and subject, such as `color/hd-jpg`. */
  name: string;
  /** Whether the case belongs to the short audit, which the test suite runs. */
  isShort?: boolean;
  run(world: World): Promise<Figure[]>;
}

const round = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));

export function atMost(name: string, value: number, limit: number): Figure {
  return { name, value: round(value), limit: `at most ${limit}`, holds: value <= limit };
}

export function atLeast(name: string, value: number, limit: number): Figure {
  return { name, value: round(value), limit: `at least ${limit}`, holds: value >= limit };
}

export function between(name: string, value: number, low: number, high: number): Figure {
  return { name, value: round(value), limit: `${low} to ${high}`, holds: value >= low && value <= high };
}

export function equals(name: string, value: string | number, wanted: string | number): Figure {
  return { name, value, limit: `${wanted}`, holds: value === wanted };
}

export function matches(name: string, value: string, wanted: RegExp): Figure {
  return { name, value: value.slice(0, 300), limit: `${wanted}`, holds: wanted.test(value) };
}

export function lacks(name: string, value: string, unwanted: RegExp): Figure {
  return { name, value: value.slice(0, 300), limit: `not ${unwanted}`, holds: !unwanted.test(value) };
}

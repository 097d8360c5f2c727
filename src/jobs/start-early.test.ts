import { describe, expect, it } from 'vitest';
import { isWorthAnEarlyStart, secondsLeft } from './start-early.ts';

const MB = 1_000_000;
const BEGAN = Date.UTC(2030, 0, 1);

/** Returns parts of 5 MB that were stored at these seconds. */
const stored = (...seconds: number[]) =>
  seconds.map((at, index) => ({ partNumber: index + 1, size: 5 * MB, storedAt: new Date(BEGAN + at * 1000) }));
const left = (parts: ReturnType<typeof stored>, megabytes: number, nowSeconds: number) =>
  secondsLeft(parts, megabytes * MB, BEGAN + nowSeconds * 1000);

describe('the rest of an upload', () => {
  it('is estimated from the parts after the first part, whose request may have come late', () => {
    expect(left(stored(60, 60.4), 200, 60.4)).toBeCloseTo(15.2);
    expect(left(stored(0, 0.4, 0.8), 200, 0.8)).toBeCloseTo(14.8);
  });

  it('has a longer estimate the longer no part arrives', () => {
    expect(left(stored(0, 0.02), 65, 2)).toBeCloseTo(22);
  });

  it('has no estimate before two parts are stored, or while the first part is missing', () => {
    expect(left(stored(0), 200, 1)).toBeNull();
    expect(left(stored(0, 1, 2).slice(1), 200, 2)).toBeNull();
  });

  it('has no negative estimate if the clock of the storage is ahead', () => {
    expect(left(stored(0, 0.4), 200, -100)).toBeCloseTo(15.2);
  });
});

describe('a job', () => {
  it('starts early only if the rest of its upload takes between two seconds and two minutes', () => {
    expect([null, 0, 1.9, 2, 120, 121, Number.NaN].map(isWorthAnEarlyStart)).toEqual([
      ...[false, false, false, true, true, false, false],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { frameTiming } from './frame-timing.ts';

/** Repeatable numbers between -1 and 1. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
}

/** Times in milliseconds of frames at a rate, each moved by up to `jitter` milliseconds. */
function recorded(rate: number, count: number, jitter: number): Float64Array {
  const random = noise(count);
  return Float64Array.from({ length: count }, (_, index) =>
    Math.round((index * 1000) / rate + jitter * random()),
  ).sort();
}

describe('the timing of frames', () => {
  it.each([24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60, 120, 240])(
    'is constant for %d frames per second, exact or rounded to milliseconds',
    (rate) => {
      const rounded = recorded(rate, 2000, 0);
      expect(frameTiming(rounded, 1000)).toEqual({ nominalRate: rate, hasConstantRate: true });
      const exact = Float64Array.from({ length: 2000 }, (_, index) => (index * 240_000) / rate);
      expect(frameTiming(exact, 240_000)).toEqual({ nominalRate: rate, hasConstantRate: true });
    },
  );

  it('keeps a constant rate that no camera uses', () => {
    const times = Float64Array.from({ length: 100 }, (_, index) => index * 7);
    const timing = frameTiming(times, 100);
    expect(timing.hasConstantRate).toBe(true);
    expect(timing.nominalRate).toBeCloseTo(100 / 7, 9);
    expect(frameTiming(times, 6727).nominalRate).toBeCloseTo(961, 6);
  });

  it.each([15, 24, 30, 60])('finds %d frames per second in a recording whose frames are up to 7 ms off', (rate) => {
    for (const count of [60, 300, 5000]) {
      const { nominalRate, hasConstantRate } = frameTiming(recorded(rate, count, 7), 1000);
      expect(hasConstantRate).toBe(false);
      expect(nominalRate! / rate).toBeGreaterThan(0.998);
      expect(nominalRate! / rate).toBeLessThan(rate === 24 ? 1.05 : 1.002);
    }
  });

  it('has the rate during motion if a recording has long pauses', () => {
    for (const rate of [30, 60]) {
      const still = Array.from({ length: 100 }, (_, second) => second * 1000);
      const moving = Array.from({ length: rate }, (_, index) => 100_000 + Math.round((index * 1000) / rate));
      expect(frameTiming(Float64Array.from([...still, ...moving]), 1000)).toEqual({
        nominalRate: rate,
        hasConstantRate: false,
      });
    }
  });

  it('ignores single frames that follow immediately', () => {
    const twins = Float64Array.from(
      [...recorded(30, 300, 0)].flatMap((time, at) => (at % 50 === 7 ? [time, time + 1] : [time])),
    );
    expect(frameTiming(twins, 1000)).toEqual({ nominalRate: 30, hasConstantRate: false });
  });

  it('is unknown for a single frame and for frames at the same time', () => {
    const unknown = { nominalRate: null, hasConstantRate: false };
    expect(frameTiming(Float64Array.from([]), 1000)).toEqual(unknown);
    expect(frameTiming(Float64Array.from([40]), 1000)).toEqual(unknown);
    expect(frameTiming(Float64Array.from([40, 40, 40, 40]), 1000)).toEqual(unknown);
  });

  it('keeps its rate if the times jump by a day', () => {
    const times = Float64Array.from([...recorded(25, 50, 0), ...recorded(25, 50, 0).map((time) => time + 86_400_000)]);
    expect(frameTiming(times, 1000)).toEqual({ nominalRate: 25, hasConstantRate: false });
  });
});

import { describe, expect, it } from 'vitest';
import { clock } from './progress-bar.ts';

describe('a time left', () => {
  it.each([
    [0, '0:00'],
    [-3, '0:00'],
    [59.6, '1:00'],
    [75, '1:15'],
    [3599, '59:59'],
    [3661, '1:01:01'],
  ])('reads like a clock: %d s', (seconds, shown) => {
    expect(clock(seconds)).toBe(shown);
  });
});

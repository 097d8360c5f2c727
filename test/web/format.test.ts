import { describe, expect, it } from 'vitest';
import { spanText } from '../../web/src/lib/format.ts';

describe('a set time on the dashboard', () => {
  it.each([
    [86_400, '24 hours'],
    [3600, '1 hour'],
    [5400, '90 minutes'],
    [90, '90 seconds'],
  ])('a set time on the dashboard of %i seconds is shown as %s', (seconds, text) => {
    expect(spanText(seconds)).toBe(text);
  });
});

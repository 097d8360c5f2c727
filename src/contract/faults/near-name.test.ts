import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../../testkit/cpu-time.ts';
import { didYouMean, nearestName } from './near-name.ts';

const NAMES = ['scale', 'subtitles', 'setpts', 'force_style', 'x', 'y'];

describe('the nearest name', () => {
  test.each([
    ['scael', 'scale'],
    ['Scale', 'scale'],
    ['subtitels', 'subtitles'],
    ['forceStyle', 'force_style'],
    ['setptss', 'setpts'],
  ])('of %s is %s', (wrong, right) => {
    expect(nearestName(wrong, NAMES)).toBe(right);
  });

  test.each(['blur', '', 'q', 'scscscscale'])('does not exist for %j', (wrong) => {
    expect(nearestName(wrong, NAMES)).toBeNull();
  });

  test('is the most similar of several names', () => {
    expect(nearestName('hstac', ['vstack', 'hstack'])).toBe('hstack');
  });

  test('of a very long name is searched without comparing the complete name', () => {
    const long = 'a'.repeat(1_000_000);
    expect(cpuMs(() => expect(nearestName(long, NAMES)).toBeNull())).toBeLessThan(50);
  });

  test('is written as a question after a sentence', () => {
    expect(didYouMean('scal', NAMES)).toBe(' Did you mean "scale"?');
    expect(didYouMean('blur', NAMES)).toBe('');
  });
});

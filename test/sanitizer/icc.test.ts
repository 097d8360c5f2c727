import { describe, expect, it } from 'vitest';
import { readRgbProfile } from '../../src/sanitizer/images/icc.ts';
import { makeProfile } from '../helpers/icc.ts';

describe('an ICC profile', () => {
  it('of Display P3 or Adobe RGB is read as a matrix to sRGB and a transfer function', () => {
    const p3 = readRgbProfile(makeProfile('Display P3'))!;
    expect(p3.transfer).toBe('iec61966-2-1');
    const expected = [1.2249, -0.2247, 0, -0.042, 1.0419, 0, -0.0197, -0.0786, 1.0979];
    for (const [index, value] of p3.toSrgb.entries()) expect(value).toBeCloseTo(expected[index]!, 2);
    expect(readRgbProfile(makeProfile('Adobe RGB'))!.transfer).toBe('bt470m');
  });

  it('of sRGB needs no conversion', () => {
    expect(readRgbProfile(makeProfile('sRGB'))).toBeNull();
  });

  it('that is damaged is ignored, wherever it is cut or changed', () => {
    const profile = makeProfile('Display P3');
    for (let length = 0; length < profile.length; length++) {
      expect(() => readRgbProfile(profile.subarray(0, length))).not.toThrow();
    }
    for (let at = 0; at < profile.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = Buffer.from(profile);
        damaged[at] = value;
        const read = readRgbProfile(damaged);
        for (const coefficient of read?.toSrgb ?? []) expect(Math.abs(coefficient)).toBeLessThanOrEqual(2);
      }
    }
  });
});

import { describe, expect, it } from 'vitest';
import { betterCrf, chooseCrf, closerCrfs, nextCrfs, type Point } from './search-crf.ts';

const ENCODER = 'libx264';
const TARGET = { metric: 'ssim' as const, atLeast: 0.98, maxBitRate: null };

/** Returns a source whose SSIM is 0.98 at this CRF and falls by half a decibel per CRF. */
function sourceAt(crf: number): (crf: number) => Point {
  return (at) => ({ crf: at, quality: 1 - 0.02 * 10 ** ((at - crf) * 0.05) });
}

describe('the search for a CRF', () => {
  it.each([12, 18, 23.5, 31])('finds a CRF just below %s, at which the source has the target quality', (crf) => {
    const source = sourceAt(crf);
    const samples: Point[][] = [];
    for (let round = 0; round < 3; round++) samples.push(nextCrfs(ENCODER, TARGET, samples).map(source));
    const found = chooseCrf(ENCODER, TARGET, samples);
    expect(found).toBeLessThan(crf);
    expect(found).toBeGreaterThanOrEqual(crf - 0.75);
  });

  it('averages the quality of an easy sample and a hard sample', () => {
    const both = [30, 18].map((crf) => [20, 26].map(sourceAt(crf)));
    const found = chooseCrf(ENCODER, TARGET, both);
    expect(found).toBeGreaterThan(18);
    expect(found).toBeLessThan(30);
  });

  it('encodes a sample again if the first CRFs are far away, because quality falls faster at low CRFs', () => {
    // With grain, the quality falls steeply up to a CRF of 16, and slowly above 16.
    const grain = (crf: number) => ({
      crf,
      quality: 1 - 0.02 * 10 ** (crf < 16 ? (crf - 12) * 0.1 : 0.4 + (crf - 16) * 0.01),
    });
    const points = nextCrfs(ENCODER, TARGET, []).map(grain);
    const closer = closerCrfs(ENCODER, TARGET, [points])!;
    expect(closer[1]).toBeLessThan(20);
    points.push(...closer.map(grain));
    const last = closerCrfs(ENCODER, TARGET, [points]) ?? [];
    expect(Math.abs(chooseCrf(ENCODER, TARGET, [[...points, ...last.map(grain)]]) - 12)).toBeLessThanOrEqual(2);
  });

  it('encodes the first sample with two CRFs, and each later sample with the best guess so far', () => {
    const samples: Point[][] = [nextCrfs(ENCODER, TARGET, []).map(sourceAt(24))];
    expect(samples[0]).toHaveLength(2);
    const [guess, ...others] = nextCrfs(ENCODER, TARGET, samples);
    expect(others).toEqual([]);
    expect(Math.abs(guess! - 24)).toBeLessThan(1);
  });

  it('encodes a later sample again if its quality differs much from the expected quality', () => {
    const easy = [nextCrfs(ENCODER, TARGET, []).map(sourceAt(30))];
    const guess = nextCrfs(ENCODER, TARGET, easy);
    const alike = guess.map(sourceAt(28));
    expect(closerCrfs(ENCODER, TARGET, [...easy, alike])).toBeNull();
    const hard = guess.map(sourceAt(16));
    const [closer, ...others] = closerCrfs(ENCODER, TARGET, [...easy, hard])!;
    expect(others).toEqual([]);
    expect(Math.abs(closer! - 16)).toBeLessThan(2);
  });

  it('stays within the CRF range of the encoder', () => {
    expect(chooseCrf(ENCODER, TARGET, [[20, 26].map((crf) => ({ crf, quality: 1 }))])).toBe(45);
    expect(chooseCrf(ENCODER, TARGET, [[20, 26].map((crf) => ({ crf, quality: 0.5 }))])).toBe(6);
  });

  it('returns an integer for an encoder that supports only integers', () => {
    const target = { metric: 'xpsnr' as const, atLeast: 40, maxBitRate: null };
    const source = (crf: number) => ({ crf, quality: 52.3 - crf * 0.4 });
    const found = chooseCrf('libvpx-vp9', target, [nextCrfs('libvpx-vp9', target, []).map(source)]);
    expect(found).toBe(30);
  });
});

describe('a video that missed its target', () => {
  it('is encoded again with a CRF that compensates for the missing quality', () => {
    const better = betterCrf(ENCODER, TARGET, { crf: 24, quality: 0.976 }, [[20, 26].map(sourceAt(22))]);
    expect(better).toBeLessThan(22.5);
    expect(better).toBeGreaterThan(21);
  });

  it('is not encoded again if it already has the lowest CRF', () => {
    expect(betterCrf(ENCODER, TARGET, { crf: 6, quality: 0.5 }, [])).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { chooseSamples } from './samples.ts';

const source = (seconds: number | null, from = 0) => ({ from, seconds, frameRate: 25 });

describe('the samples of a source', () => {
  it.each([20, 60, 600, 43_200])('of %i seconds cost at most 15% of its frames', (seconds) => {
    const samples = chooseSamples(source(seconds));
    const cost = samples.reduce((sum, { frames }) => sum + 20 + 1.3 * frames, samples[0]!.frames);
    expect(cost).toBeLessThanOrEqual(seconds * 25 * 0.15);
    expect(samples.length).toBeGreaterThan(0);
    for (const { at, frames } of samples) expect(at + frames / 25).toBeLessThanOrEqual(seconds);
  });

  it('have at least eight frames, or all frames of a shorter video', () => {
    expect(chooseSamples(source(4))).toEqual([{ at: 2, frames: 8, fromKey: false }]);
    expect(chooseSamples(source(0.2))).toEqual([{ at: 0, frames: 5, fromKey: false }]);
  });

  it('are spread over the part that the output shows', () => {
    const times = chooseSamples(source(120, 300)).map(({ at }) => at);
    expect(times).toHaveLength(9);
    expect(times[0]).toBeCloseTo(306.667, 3);
    expect(times[8]).toBeCloseTo(413.333, 3);
  });

  it('begin at key frames if the samples are far apart', () => {
    expect(chooseSamples(source(15)).every(({ fromKey }) => fromKey)).toBe(false);
    expect(chooseSamples(source(3600)).every(({ fromKey }) => fromKey)).toBe(true);
  });

  it('are not taken if the duration is unknown, and are a single frame for a video of one frame', () => {
    expect(chooseSamples(source(null))).toEqual([]);
    expect(chooseSamples(source(0.04))).toEqual([{ at: 0, frames: 1, fromKey: false }]);
  });
});

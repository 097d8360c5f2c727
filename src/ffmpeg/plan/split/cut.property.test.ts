import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutVideo, MIN_PIECE_KEYS, MIN_PIECE_SECONDS } from './cut.ts';

const TIMESCALE = 1000;

/** Videos of up to twenty minutes, with frames of varying length and key frames at random. */
const videos = fc
  .record({
    steps: fc.array(fc.integer({ min: 8, max: 200 }), { minLength: 2, maxLength: 6000, size: 'max' }),
    gap: fc.integer({ min: 1, max: 300 }),
    shift: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ steps, gap, shift }) => {
    let time = 0;
    const times = Float64Array.from([0, ...steps.map((step) => (time += step))]);
    const keys = [...times.keys()].filter((frame) => frame === 0 || (frame + shift) % gap === 0);
    return { times, timescale: TIMESCALE, keys: Uint32Array.from(keys) };
  });

describe('a video that is cut', () => {
  it('is contained completely in its pieces, each of which begins with a key frame and is long enough', () => {
    let cuts = 0;
    fc.assert(
      fc.property(videos, fc.integer({ min: 2, max: 40 }), (video, slots) => {
        const pieces = cutVideo(video, slots);
        if (!pieces) return;
        cuts++;
        const keys = [...video.keys];
        const ends = [...pieces.slice(1).map(({ first }) => first), video.times.length];
        expect(pieces[0]!.first).toBe(0);
        for (const [index, { first, frames }] of pieces.entries()) {
          expect(first + frames).toBe(ends[index]);
          expect(keys).toContain(first);
          const last = Math.min(ends[index]!, video.times.length - 1);
          expect(video.times[last]! - video.times[first]!).toBeGreaterThanOrEqual(MIN_PIECE_SECONDS * TIMESCALE);
          expect(keys.filter((key) => key >= first && key < ends[index]!).length).toBeGreaterThanOrEqual(
            MIN_PIECE_KEYS,
          );
        }
        expect(pieces.length % slots === 0 || pieces.length < slots).toBe(true);
      }),
      { numRuns: 200 },
    );
    expect(cuts).toBeGreaterThan(50);
  });

  it('has at least two pieces, or is not cut', () => {
    const video = (seconds: number, every: number) => ({
      times: Float64Array.from({ length: seconds * 25 }, (_, frame) => frame * 40),
      timescale: TIMESCALE,
      keys: Uint32Array.from({ length: Math.ceil(seconds / every) }, (_, key) => key * every * 25),
    });
    expect(cutVideo(video(90, 1), 1)).toBeNull();
    expect(cutVideo(video(59, 1), 4)).toBeNull();
    expect(cutVideo(video(80, 40), 2)).toBeNull();
    expect(cutVideo({ ...video(90, 1), keys: Uint32Array.from([5, 50, 100]) }, 2)).toBeNull();
    expect(cutVideo(video(90, 1), 2)).toHaveLength(2);
    expect(cutVideo(video(14, 1), 2, 6)).toHaveLength(2);
    expect(cutVideo(video(100, 1), 8)).toHaveLength(3);
    expect(cutVideo(video(600, 2), 4)).toHaveLength(12);
  });
});

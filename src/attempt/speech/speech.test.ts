import { describe, expect, it } from 'vitest';
import { cutPieces, heardMs, hearSpeech, mediaTime } from './pieces.ts';
import { placeSegments } from './place-segments.ts';
import { FRAME_MS, findSpeech, frameLevels, SAMPLE_RATE } from './voice-activity.ts';

/** Returns samples with a tone for each level in dBFS and number of milliseconds. A level of null is digital silence. */
function sound(...parts: readonly [db: number | null, ms: number][]): Buffer {
  const samples: number[] = [];
  for (const [db, ms] of parts) {
    const amplitude = db === null ? 0 : 32767 * 10 ** (db / 20) * Math.SQRT2;
    for (let at = 0; at < (ms * SAMPLE_RATE) / 1000; at += 1) {
      samples.push(
        Math.round(Math.min(1, amplitude / 32767) * 32767 * Math.sin((2 * Math.PI * 440 * at) / SAMPLE_RATE)),
      );
    }
  }
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(sample, index * 2);
  return bytes;
}

const speechIn = (...parts: readonly [db: number | null, ms: number][]) => findSpeech(frameLevels(sound(...parts)));

describe('speech', () => {
  it('is found between silences, with a margin around it', () => {
    expect(speechIn([null, 2000], [-20, 1000], [null, 2000])).toEqual([{ from: 1800, to: 3200 }]);
    expect(speechIn([-70, 2000], [-30, 1000], [-70, 300], [-30, 700], [-70, 3000])).toEqual([{ from: 1800, to: 4200 }]);
  });

  it.each([
    ['digital silence', [[null, 5000]]],
    ['a quiet hum', [[-60, 5000]]],
    ['a steady noise of medium level', [[-45, 5000]]],
    [
      'a click',
      [
        [null, 2000],
        [-20, 40],
        [null, 2000],
      ],
    ],
    ['nothing', []],
  ] as [string, [number | null, number][]][])('is not found in %s', (_, parts) => {
    expect(speechIn(...parts)).toEqual([]);
  });

  it('is found in loud sound that never pauses', () => {
    expect(speechIn([-15, 4000])).toEqual([{ from: 0, to: 4000 }]);
  });
});

describe('pieces of speech', () => {
  /** Sentences of 8 seconds with pauses of 2 seconds. */
  const hour = Array.from({ length: 360 }, (_, index) => ({ from: index * 10_000, to: index * 10_000 + 8000 }));

  it('are at most ten minutes long, end in pauses, and contain all speech', () => {
    const pieces = cutPieces(hour);
    expect(pieces).toHaveLength(6);
    for (const { from, to } of pieces) expect(to - from).toBeLessThanOrEqual(600_000);
    expect(pieces.flatMap(({ speech }) => speech)).toEqual(hour);
  });

  it('end in the widest pause', () => {
    const speech = [
      { from: 0, to: 5000 },
      { from: 5100, to: 6900 },
      { from: 9000, to: 12_000 },
    ];
    expect(cutPieces(speech, 10_000).map(({ from, to }) => [from, to])).toEqual([
      [0, 6900],
      [9000, 12_000],
    ]);
  });

  it('end in the middle of speech that never pauses', () => {
    const pieces = cutPieces([{ from: 0, to: 25_000 }], 10_000);
    expect(pieces.map(({ from, to }) => to - from).every((length) => length <= 10_000)).toBe(true);
    expect(pieces.at(-1)!.to).toBe(25_000);
    expect(cutPieces([])).toEqual([]);
  });

  it('start and end at integer milliseconds, even if speech or silence does not divide evenly', () => {
    const speech = cutPieces([{ from: 3, to: 25_003 }], 10_000);
    const silence = cutPieces([...hour.slice(0, 1), { from: 3_716_001, to: 3_720_000 }]);
    for (const { from, to } of [...speech, ...silence]) expect([from, to].every(Number.isInteger)).toBe(true);
  });

  it('are passed to the recognizer without long silences, and keep the times of the media', () => {
    const heard = hearSpeech({
      ...{ from: 1000, to: 70_000 },
      speech: [
        { from: 1000, to: 3000 },
        { from: 4000, to: 5000 },
        { from: 60_000, to: 70_000 },
      ],
    });
    expect(heard.stretches).toEqual([
      { from: 1000, to: 5500 },
      { from: 59_500, to: 70_000 },
    ]);
    expect(heardMs(heard)).toBe(15_000);
    expect([0, 4000, 4500, 5000, 99_000].map((time) => mediaTime(heard, time))).toEqual([
      1000, 5000, 59_500, 60_000, 70_000,
    ]);
    expect(FRAME_MS).toBe(20);
  });
});

describe('the segments of a recognizer', () => {
  const spoken = (start: number, end: number, text: string) => ({
    ...{ start, end },
    words: [{ start, end, text, spaced: true, probability: 0.9 }],
  });
  const piece = {
    ...{ from: 10_000, to: 80_000 },
    speech: [
      { from: 10_000, to: 13_000 },
      { from: 60_000, to: 62_000 },
    ],
  };
  const place = (...segments: ReturnType<typeof spoken>[]) => placeSegments(segments, hearSpeech(piece), piece);

  it('are dropped where no speech was measured: in a shortened silence, and after the last word', () => {
    // The recognizer receives 3.5 seconds from 10 s, then 3 seconds from 59.5 s.
    const kept = place(spoken(500, 2000, 'Hello'), spoken(4000, 5500, 'there'));
    expect(kept.map(({ start, end, words }) => [start, end, words[0]!.text])).toEqual([
      [10_500, 12_000, 'Hello'],
      [60_000, 61_500, 'there'],
    ]);
    expect(place(spoken(3100, 3400, 'Thank you.'))).toEqual([]);
    expect(place(spoken(6100, 6500, 'Thanks for watching!'), spoken(30_000, 32_000, 'Subscribe!'))).toEqual([]);
  });

  it('keep the duration of a word that spans a shortened silence', () => {
    const [segment] = place(spoken(2900, 3900, 'well'));
    expect(segment).toMatchObject({ start: 12_900, words: [{ start: 12_900, end: 13_900 }] });
  });
});

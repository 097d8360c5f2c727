import { describe, expect, it } from 'vitest';
import { compareFields } from './compare-fields.ts';

const WIDTH = 96;
const HEIGHT = 96;
const FRAMES = 12;

/** Luma of a picture at a place and a time. Time 1 is the time between two fields. */
type Picture = (x: number, y: number, time: number) => number;

/** A seeded value from 0 to 255 for each place. */
const random = (x: number, y: number, z = 0) => {
  let value = (x * 374_761_393 + y * 668_265_263 + z * 2_147_483_647) | 0;
  value = Math.imul(value ^ (value >>> 13), 1_274_126_177);
  return ((value ^ (value >>> 16)) >>> 0) % 256;
};

/** Spots that move sideways. */
const moving: Picture = (x, y, time) => 120 + 100 * Math.sin((x + 1.7 * time) / 4 + Math.sin(y / 9) * 3);

function frame(picture: Picture, timeOf: (line: number) => number): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => {
    const line = Math.floor(at / WIDTH);
    return Math.max(0, Math.min(255, Math.round(picture(at % WIDTH, line, timeOf(line)))));
  });
}

const compare = (frames: Uint8Array[]) => compareFields(frames, WIDTH);
const make = (timesOf: (index: number) => [top: number, bottom: number], picture: Picture, count = FRAMES) =>
  Array.from({ length: count }, (_, index) => frame(picture, (line) => timesOf(index)[line % 2]!));

const progressive = (picture: Picture) => make((index) => [2 * index, 2 * index], picture);
const interlaced = (picture: Picture) => make((index) => [2 * index, 2 * index + 1], picture);

/** Times of both fields of a cycle of telecine, in frames of the film. */
const CYCLE = [
  [0, 0],
  [1, 1],
  [1, 2],
  [2, 3],
  [3, 3],
] as const;
const telecined = (first: 'top' | 'bottom', phase = 0) =>
  make((index) => {
    const position = index + phase;
    const times = CYCLE[position % 5]!.map((time) => 2.5 * (time + 4 * Math.floor(position / 5)));
    const [earlier, later] = times as [number, number];
    return first === 'top' ? [earlier, later] : [later, earlier];
  }, moving);

describe('the fields of frames', () => {
  it('show interlaced video, and which field is earlier', () => {
    expect(compare(interlaced(moving))).toEqual({ kind: 'combed', first: 'top' });
    const bottomFirst = make((index) => [2 * index + 1, 2 * index], moving);
    expect(compare(bottomFirst)).toEqual({ kind: 'combed', first: 'bottom' });
  });

  it.each([0, 1, 2, 3, 4])('show telecined film whose cycle begins %d frames earlier', (phase) => {
    expect(compare(telecined('top', phase))).toEqual({ kind: 'film', first: 'top' });
    expect(compare(telecined('bottom', phase))).toEqual({ kind: 'film', first: 'bottom' });
  });

  it('show progressive video', () => {
    expect(compare(progressive(moving))).toBe('progressive');
  });

  const scrolling = (lines: number): Picture => {
    const text: Picture = (x, y) => (random(Math.floor(x / 3), Math.floor(y / 2)) > 128 ? 220 : 30);
    return (x, y, time) => text(x, y + 400 + (lines * time) / 2, 0);
  };
  const pictures: [string, Picture][] = [
    ['noise', (x, y, time) => random(x, y, time)],
    ['a static picture', (x, y) => random(x, y)],
    ['stripes of one line that move up', (_, y, time) => ((y + time / 2) % 2 < 1 ? 200 : 40)],
    ['stripes of two lines that move up', (_, y, time) => ((y + time / 2) % 4 < 2 ? 200 : 40)],
    ['stripes of three lines that move up', (_, y, time) => ((y + time / 2) % 3 < 1 ? 200 : 40)],
    ['a fine checkerboard that moves sideways', (x, y, time) => ((Math.floor((x + time) / 3) + y) % 2 ? 200 : 40)],
    ['lines of a screen over a moving picture', (x, y, time) => moving(x, y, time) * (y % 2 ? 0.5 : 1)],
    ['text of two lines that scrolls by two lines', scrolling(2)],
    ['text of two lines that scrolls by four lines', scrolling(4)],
    ['a flash', (_, __, time) => (time % 4 < 2 ? 220 : 30)],
    [
      'text of single lines that moves sideways',
      (x, y, time) => (random(Math.floor((x + time) / 2), y) > 180 ? 220 : 30),
    ],
  ];
  it.each(pictures)('are not reported as interlaced for %s', (_, picture) => {
    expect(compare(progressive(picture))).toBeOneOf(['progressive', 'unclear']);
  });

  it('do not show telecined film if every fifth frame repeats the frame before it', () => {
    const repeating = make((index) => {
      const time = 2 * (index - Math.floor(index / 5));
      return [time, time];
    }, moving);
    expect(compare(repeating)).toBeOneOf(['progressive', 'unclear']);
  });

  it('are unclear if there are too few frames', () => {
    expect(compare(interlaced(moving).slice(0, 5))).toBe('unclear');
    expect(compare([])).toBe('unclear');
  });
});

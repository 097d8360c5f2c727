import { describe, expect, it } from 'vitest';
import { scoreStill } from './score-still.ts';

const [WIDTH, HEIGHT] = [64, 36];

/** Draws squares of the luma `high` on a grid of the luma `low`. `soft` is the width of their blurred edges in pixels. */
function squares(low: number, high: number, soft = 1): Uint8Array {
  const edge = (at: number) => {
    const phase = (at % 16) / 16;
    const distance = Math.min(phase, 1 - phase) * 16;
    return Math.min(1, distance / soft);
  };
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, index) => {
    const [x, y] = [index % WIDTH, Math.floor(index / WIDTH)];
    return Math.round(low + (high - low) * edge(x) * edge(y));
  });
}

const score = (luma: Uint8Array) => scoreStill(luma, WIDTH);

describe('the score of a still', () => {
  const good = score(squares(30, 200));

  it('is zero for one color, black and white', () => {
    expect([0, 16, 128, 255].map((value) => score(squares(value, value)))).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['half faded to black', squares(16, 108)],
    ['half faded to white', squares(142, 227)],
    ['half faded to gray', squares(80, 165)],
    ['dark', squares(16, 60)],
    ['blurred', squares(30, 200, 8)],
  ])('is more than a quarter lower for the same picture if it is %s', (_, luma) => {
    expect(score(luma)).toBeLessThan(0.75 * good);
  });

  it('is low for a picture that is sharp, but dark, bright or without contrast', () => {
    const stripes = (low: number, high: number) =>
      score(Uint8Array.from({ length: WIDTH * HEIGHT }, (_, index) => (index % 2 === 0 ? low : high)));
    const sharp = stripes(60, 200);
    expect([stripes(4, 36), stripes(220, 252)]).toEqual([0, 0]);
    expect(stripes(120, 140)).toBeLessThan(0.3 * sharp);
  });
});

import type { MixedFields } from '../types.ts';

/** What successive frames show about their fields; `unclear` = they move too little, or match neither pattern. */
export type FieldVerdict = MixedFields | 'progressive' | 'unclear';

/** Difference of luma from which a sample has moved, and by which a line must exceed both of its neighbors to count as combed. */
const LEAST_DIFFERENCE = 10;
/** Difference of luma that the noise of a repeated field may have. */
const NOISE = 6;
/** Combing per sample, in luma, from which two frames move enough for a verdict. */
const LEAST_COMBING = 0.05;
/** Minimum ratio of the combing of both mixtures of two interlaced frames. Progressive frames have a ratio of about 1. */
const LEAST_RATIO = 1.3;
/** Combing of an interlaced frame relative to the mixture of its fields that are nearest in time. */
const OWN_COMBING = { least: 0.45, most: 3 };
/** Combing of a progressive frame relative to a mixture with the next frame. */
const MOST_PROGRESSIVE = 0.3;
/** Minimum share of pairs that must be combed. */
const LEAST_SHARE = 0.7;
/** Minimum ratio of the changes of two fields of which one repeats the earlier field. */
const LEAST_REPETITION = 1.5;
/** Telecine makes five frames of four frames. Two frames after a frame that repeats one field, a frame repeats the other field. */
const CYCLE = 5;
const REPEATED_AFTER = 2;
/** Side of a tile in samples, and the distances in lines by which the content of a tile may have scrolled. */
const TILE = 16;
const SCROLLS = [2, 4, 6, 8, 10, 12].flatMap((lines) => [-lines, lines]);
const MOST_SCROLLED = 0.5;

/** Two successive frames. Mixtures contain one field of each frame. All values are means per sample. */
interface Pair {
  /** Combing of the first frame. */
  own: number;
  /** Combing of the mixture with the next frame's top field, and of the mixture with the next frame's bottom field. */
  nextTop: number;
  nextBottom: number;
  /** Changes of the top field and of the bottom field. */
  topChange: number;
  bottomChange: number;
}

/**
 * Compares the fields of successive frames by their luma, one byte per sample. The two mixtures of the fields of two frames are combed
 * equally if each frame shows one moment. If each frame shows two moments, the fields of one mixture are closer in time than the fields of
 * the other mixture. This also distinguishes combing from fine patterns, which comb a frame and both mixtures equally.
 */
export function compareFields(frames: readonly Uint8Array[], width: number): FieldVerdict {
  const pairs = frames.slice(1).map((next, index) => comparePair(frames[index]!, next, width));
  if (pairs.length < 2 * CYCLE) return 'unclear';
  const film = findTelecine(pairs);
  if (film) return film;
  const parities = pairs.map(combedParity);
  const count = (parity: number) => parities.filter((one) => one === parity).length;
  const [most, fewest] = [Math.max(count(1), count(-1)), Math.min(count(1), count(-1))];
  if (most >= LEAST_SHARE * pairs.length && fewest === 0)
    return { kind: 'combed', first: count(1) > 0 ? 'top' : 'bottom' };
  return most === 0 && pairs.filter(isProgressive).length >= pairs.length / 2 ? 'progressive' : 'unclear';
}

/** Returns 1 if the first frame shows two moments and its top field is earlier, -1 if its bottom field is earlier, and 0 otherwise. */
function combedParity({ own, nextTop, nextBottom }: Pair): number {
  const near = Math.min(nextTop, nextBottom);
  const far = Math.max(nextTop, nextBottom);
  const isCombed =
    far >= Math.max(LEAST_COMBING, LEAST_RATIO * near) &&
    own >= OWN_COMBING.least * near &&
    own <= OWN_COMBING.most * near;
  return isCombed ? Math.sign(nextBottom - nextTop) : 0;
}

function isProgressive({ own, nextTop, nextBottom }: Pair): boolean {
  const near = Math.min(nextTop, nextBottom);
  return near >= LEAST_COMBING && own <= MOST_PROGRESSIVE * near;
}

/** Returns the order of the fields if they repeat in the cycle of telecine; null if they don't. */
function findTelecine(pairs: readonly Pair[]): MixedFields | null {
  const repetitions = pairs.map(topRepetition);
  for (let phase = 0; phase < CYCLE; phase++) {
    for (const sign of [1, -1]) {
      const roles = repetitions.map((value, index) => {
        const position = (index - phase + CYCLE) % CYCLE;
        return {
          value: sign * (position === 0 ? value : -value),
          repeats: position === 0 || position === REPEATED_AFTER,
        };
      });
      const weakest = Math.min(...roles.filter(({ repeats }) => repeats).map(({ value }) => value));
      const strongest = Math.max(...roles.filter(({ repeats }) => !repeats).map(({ value }) => Math.abs(value)));
      if (weakest >= Math.log(LEAST_REPETITION) && strongest < weakest)
        return { kind: 'film', first: sign === 1 ? 'top' : 'bottom' };
    }
  }
  return null;
}

/** Returns a logarithm that is positive if the top field repeats the earlier frame, and negative if the bottom field does. */
function topRepetition({ topChange, bottomChange }: Pair): number {
  if (Math.max(topChange, bottomChange) < LEAST_COMBING) return 0;
  const none = LEAST_COMBING / 10;
  return Math.log((bottomChange + none) / (topChange + none));
}

function comparePair(frame: Uint8Array, next: Uint8Array, width: number): Pair {
  const height = Math.floor(frame.length / width);
  const sums: Pair = { own: 0, nextTop: 0, nextBottom: 0, topChange: 0, bottomChange: 0 };
  // Skip the lines that have too few neighbors for a scroll.
  const margin = Math.max(...SCROLLS);
  for (let top = margin; top + TILE <= height - margin; top += TILE) {
    for (let left = 0; left + TILE <= width; left += TILE)
      addTile(sums, { frame, next, width, start: top * width + left });
  }
  const share = 1 / (width * height);
  return {
    own: sums.own * share,
    nextTop: sums.nextTop * share,
    nextBottom: sums.nextBottom * share,
    topChange: 2 * sums.topChange * share,
    bottomChange: 2 * sums.bottomChange * share,
  };
}

interface Tile {
  frame: Uint8Array;
  next: Uint8Array;
  width: number;
  /** Index of the first sample, which is in the top field. */
  start: number;
}

function addTile(sums: Pair, tile: Tile): void {
  const { frame, next, width, start } = tile;
  const end = start + TILE * width;
  let topChange = 0;
  let bottomChange = 0;
  for (let line = start; line < end; line += 2 * width) {
    for (let at = line; at < line + TILE; at++) {
      const top = Math.abs(next[at]! - frame[at]!);
      const bottom = Math.abs(next[at + width]! - frame[at + width]!);
      if (top > NOISE) topChange += top;
      if (bottom > NOISE) bottomChange += bottom;
    }
  }
  sums.topChange += topChange;
  sums.bottomChange += bottomChange;
  if (topChange + bottomChange === 0 || hasScrolled(tile)) return;
  for (let line = start, isTop = true; line < end; line += width, isTop = !isTop) {
    for (let at = line; at < line + TILE; at++) {
      if (!hasMoved(tile, at)) continue;
      const forward = combing(frame, next, at, width);
      const backward = combing(next, frame, at, width);
      sums.own += combing(frame, frame, at, width);
      sums.nextTop += isTop ? backward : forward;
      sums.nextBottom += isTop ? forward : backward;
    }
  }
}

function hasMoved({ frame, next, width }: Tile, at: number): boolean {
  return (
    Math.abs(next[at]! - frame[at]!) > LEAST_DIFFERENCE ||
    Math.abs(next[at - width]! - frame[at - width]!) > LEAST_DIFFERENCE ||
    Math.abs(next[at + width]! - frame[at + width]!) > LEAST_DIFFERENCE
  );
}

/**
 * Whether the content of a tile has moved by an even number of lines. Lines of text then stay in their field, so both mixtures differ as
 * if the frames were interlaced.
 */
function hasScrolled(tile: Tile): boolean {
  const most = MOST_SCROLLED * difference(tile, 0, Number.POSITIVE_INFINITY);
  return SCROLLS.some((lines) => difference(tile, lines, most) < most);
}

/** Returns how much a tile differs from the earlier content some lines below it. Stops when the difference reaches `most`. */
function difference({ frame, next, width, start }: Tile, lines: number, most: number): number {
  const shift = lines * width;
  let sum = 0;
  for (let line = start; line < start + TILE * width && sum < most; line += width) {
    for (let at = line; at < line + TILE; at += 2) sum += Math.abs(next[at]! - frame[at + shift]!);
  }
  return sum;
}

/** Returns by how much a sample of one frame differs from both neighboring lines of another frame, if these lines are alike. */
function combing(frame: Uint8Array, other: Uint8Array, at: number, width: number): number {
  const above = frame[at]! - other[at - width]!;
  const below = frame[at]! - other[at + width]!;
  if (above * below <= 0) return 0;
  const excess = Math.min(Math.abs(above), Math.abs(below)) - Math.abs(above - below);
  return excess > LEAST_DIFFERENCE ? excess : 0;
}

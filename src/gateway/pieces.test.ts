import { describe, expect, it } from 'vitest';
import { createPieces, LARGE_BYTES, LARGE_PIECES, type Piece, SMALL_BYTES } from './pieces.ts';

const MUCH = 10 * LARGE_BYTES;

/** Takes pieces without releasing them, and returns how many of them are large. */
function stall(pieces: ReturnType<typeof createPieces>, owners: string[], count: number): number {
  const taken = Array.from({ length: count }, () => pieces.take(MUCH, owners));
  return taken.filter(({ buffer }) => buffer.length === LARGE_BYTES).length;
}

describe('the memory of downloads', () => {
  it('a download gets a large piece, or a smaller piece if it has fewer bytes left', () => {
    const pieces = createPieces();
    expect([MUCH, 100_000, 7].map((bytes) => pieces.take(bytes, ['a']).buffer.length)).toEqual([
      LARGE_BYTES,
      100_000,
      7,
    ]);
  });

  it.each([2, 6, 40])(
    '%i accounts with 1,000 stalled downloads each leave large pieces for a new account',
    (accounts) => {
      const pieces = createPieces();
      for (let account = 0; account < accounts; account++) stall(pieces, [`a${account}`, `address${account}`], 1_000);
      expect(pieces.largeBytes).toBeLessThanOrEqual(LARGE_PIECES.places);
      expect(pieces.take(MUCH, ['new', 'new address']).buffer.length).toBe(LARGE_BYTES);
    },
  );

  it('an account with many addresses, or an address with many accounts, gets at most a quarter of the large pieces for its stalled downloads', () => {
    const quarter = LARGE_PIECES.places / 4 / LARGE_BYTES;
    for (const ownersOf of [(index: number) => ['a', `address${index}`], (index: number) => [`a${index}`, 'address']]) {
      const pieces = createPieces();
      let large = 0;
      for (let index = 0; index < 1_000; index++) large += stall(pieces, ownersOf(index), 1);
      expect(large).toBe(quarter);
      expect(pieces.take(MUCH, ['new', 'new address']).buffer.length).toBe(LARGE_BYTES);
    }
  });

  it('a download without a large piece gets a small piece, however many downloads stall', () => {
    const pieces = createPieces();
    stall(pieces, ['a'], 5_000);
    expect(pieces.take(MUCH, ['a']).buffer.length).toBe(SMALL_BYTES);
  });

  it('pieces in use never share memory, and released memory is reused', () => {
    const pieces = createPieces();
    const inUse = new Map<string, Piece>();
    const memories = new Set<ArrayBufferLike>();
    for (let step = 0; step < 4_000; step++) {
      const piece = pieces.take(step % 3 === 0 ? MUCH : 9, ['a']);
      memories.add(piece.buffer.buffer);
      const name = `${[...memories].indexOf(piece.buffer.buffer)} ${piece.buffer.byteOffset}`;
      expect(inUse.has(name)).toBe(false);
      inUse.set(name, piece);
      if (inUse.size < 8) continue;
      const [oldest, { release }] = [...inUse][step % 8]!;
      release();
      release();
      inUse.delete(oldest);
    }
    expect(memories.size).toBeLessThan(8);
    for (const { release } of inUse.values()) release();
    expect(pieces.largeBytes).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { mayEndWithBands, requireElement } from './aac.ts';
import { Unclear } from './bits.ts';

/** Returns a frame that consists of these bits, aligned to bytes. */
function frame(...bits: string[]): Buffer {
  const all = bits.join('');
  const padded = all.padEnd(Math.ceil(all.length / 8) * 8, '0');
  return Buffer.from(padded.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}

const SINGLE = ['000', '0000', '10'.repeat(50)];
const PAIR = ['001', '0000', '10'.repeat(50)];
const END = '111';
/** The bits of a filler of four bytes with an extension type. */
const filler = (type: string) => ['110', '0100', type, '0'.repeat(28)];
const LONG = ['110', '1111', '00000110', '0000', '0'.repeat(8 * 20 - 4)];
const BANDS = filler('1101');
const NAME = filler('0000');

describe('a frame of AAC', () => {
  it.each([
    ['one channel', frame(...SINGLE, END), 1],
    ['a pair', frame(...PAIR, END), 2],
    ['a name before a pair', frame(...NAME, ...PAIR, END), 2],
    ['three channels', frame(...SINGLE, ...PAIR, END), 3],
  ])('has the channels that its header declares: %s', (_, block, channels) => {
    expect(() => requireElement(block, channels)).not.toThrow();
  });

  it.each([
    ['a pair where the header declares one channel', frame(...PAIR, END), 1],
    ['one channel where the header declares two', frame(...SINGLE, END), 2],
    ['replicated bands before its channel', frame(...BANDS, ...SINGLE, END), 1],
    ['its own description of channels', frame('101', '0000', ...SINGLE, END), 1],
    ['no bytes', Buffer.alloc(0), 1],
  ])('is left to ffprobe if it has %s', (_, block, channels) => {
    expect(() => requireElement(block, channels)).toThrow(Unclear);
  });

  it('may double its rate if it ends with replicated bands, before or after padding', () => {
    expect(mayEndWithBands(frame(...PAIR, ...BANDS, END))).toBe(true);
    expect(mayEndWithBands(frame(...SINGLE, ...BANDS, ...LONG, END))).toBe(true);
    expect(mayEndWithBands(frame(...SINGLE, ...NAME, ...BANDS, END))).toBe(true);
  });

  it('keeps its rate if it ends only with padding', () => {
    expect(mayEndWithBands(frame(...PAIR, END))).toBe(false);
    expect(mayEndWithBands(frame(...PAIR, ...LONG, ...NAME, END))).toBe(false);
    expect(mayEndWithBands(Buffer.alloc(20))).toBe(false);
  });
});

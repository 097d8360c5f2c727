import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../testkit/any-character.ts';
import { scrubText, TailBuffer } from './scrub.ts';

describe('scrubText', () => {
  it('removes ANSI sequences, control bytes and bidi marks, and keeps newline and tab', () => {
    expect(scrubText('a\u001b[31mred\u001b[0m\u001b]0;title\u0007\u0000\u0008b\u202ec\t\u2066d\r\ne\rf')).toBe(
      'aredbc\td\ne\nf',
    );
  });

  it('leaves no control byte or bidi mark in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        expect(scrubText(text)).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
        );
      }),
    );
  });
});

describe('TailBuffer', () => {
  it('keeps the last bytes regardless of how the input is split', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', 'c') })), (parts) => {
        const tail = new TailBuffer(16);
        for (const part of parts) tail.push(Buffer.from(part));
        expect(tail.text()).toBe(parts.join('').slice(-16));
      }),
    );
  });

  it('omits a character that is cut in two', () => {
    const tail = new TailBuffer(4);
    tail.push(Buffer.from('éabc'));
    tail.push(Buffer.from(''));
    expect(tail.text()).toBe('abc');
  });
});

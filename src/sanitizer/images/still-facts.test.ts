import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileBytes } from '../file-bytes.ts';
import { stillFacts } from './still-facts.ts';

const HEADS: Record<string, string> = {
  jpeg_pipe: '\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08\0\x40\0\x60\x03',
  png_pipe: '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x60\0\0\0\x40\x08\x02\0\0\0\0\0\0\0\0\0\0\0IDAT\0\0\0\0',
};

describe('stillFacts', () => {
  it.each(Object.keys(HEADS))('returns the size of a picture with the demuxer %s', (demuxer) => {
    const facts = stillFacts(fileOf(Buffer.from(HEADS[demuxer]!, 'latin1')), demuxer);
    expect(facts?.video).toMatchObject([{ width: 96, height: 64, displayWidth: 96, displayHeight: 64 }]);
  });

  it('returns positive sizes or null for arbitrary bytes', () => {
    const changed = fc.record({
      demuxer: fc.constantFrom(...Object.keys(HEADS)),
      length: fc.nat(64),
      changes: fc.array(fc.tuple(fc.nat(63), fc.nat(255)), { maxLength: 8 }),
      tail: fc.uint8Array({ maxLength: 64 }),
    });
    fc.assert(
      fc.property(changed, ({ demuxer, length, changes, tail }) => {
        const bytes = Buffer.concat([Buffer.from(HEADS[demuxer]!, 'latin1').subarray(0, length), tail]);
        for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
        const facts = stillFacts(fileOf(bytes), demuxer);
        for (const { width, height, displayWidth, displayHeight } of facts?.video ?? []) {
          for (const size of [width, height, displayWidth, displayHeight]) expect(size).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function fileOf(bytes: Buffer): FileBytes {
  return {
    size: bytes.length,
    read: (from, length) => bytes.subarray(from, from + length),
    readInto: (target, from) => bytes.copy(target, 0, from),
    close: () => {},
  };
}

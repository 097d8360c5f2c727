import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../testkit/any-character.ts';
import { attachment } from './content-disposition.ts';

describe('content disposition', () => {
  it('is one safe header line for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (name) => {
        expect(attachment(name)).toMatch(
          /^attachment; filename="[^"\\/%;\x00-\x1f\x7f-\uffff]+"; filename\*=UTF-8''[\w.~%-]+$/,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('contains the true name next to an ASCII name', () => {
    expect(attachment('Übung.mp4')).toBe(`attachment; filename="Ubung.mp4"; filename*=UTF-8''%C3%9Cbung.mp4`);
    expect(attachment('../../etc/"x"\r\n.mp4')).toBe(
      `attachment; filename=".._.._etc__x_.mp4"; filename*=UTF-8''.._.._etc_%22x%22.mp4`,
    );
    expect(attachment('')).toContain('filename="download"');
    expect(attachment('\u{113b8}')).toContain('filename="download"');
    expect(attachment('a\uff0fb')).toContain('filename="a_b"');
  });
});

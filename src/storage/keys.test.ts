import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../testkit/any-character.ts';
import { keyProblem, outputKey, sealedKey, uploadKey } from './keys.ts';

const account = '01890000-0000-7000-8000-000000000001';

describe('storage keys', () => {
  it('begin with a prefix for their kind, followed by the account of their object', () => {
    expect(uploadKey(account, 'u-1')).toBe(`uploads/${account}/u-1`);
    expect(sealedKey(account, 'o-1')).toBe(`sealed/${account}/o-1`);
    expect(outputKey(account, 'j-1', 'a-1', 'mp4')).toBe(`outputs/${account}/j-1/a-1.mp4`);
  });

  it('cannot contain a part that could lead to another path', () => {
    for (const id of ['', '.', '..', '../x', 'a/b', 'a b', 'a\0b', 'lone\udc00', 'x'.repeat(65)]) {
      expect(() => uploadKey(account, id), id).toThrow(RangeError);
      expect(() => sealedKey(account, id), id).toThrow(RangeError);
    }
    for (const extension of ['', 'MP4', '../x', 'a.b'])
      expect(() => outputKey(account, 'j', 'a', extension)).toThrow(RangeError);
  });

  it('are valid only if percent-encoding preserves them and they have at most 1024 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 40 }), (key) => {
        if (keyProblem(key) !== null) return;
        expect(decodeURIComponent(encodeURIComponent(key))).toBe(key);
        expect(new URL(`http://host/bucket/${encodeURIComponent(key).replaceAll('%2F', '/')}`).pathname).toMatch(
          /^\/bucket\/./,
        );
      }),
    );
    expect(keyProblem('é'.repeat(512))).toBeNull();
    expect(keyProblem('é'.repeat(513))).toContain('longer than 1024');
  });
});

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVault } from './vault.ts';

describe('the vault', () => {
  const vault = createVault(randomBytes(32));

  it('opens what it sealed, and seals the same text differently each time', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(vault.open(vault.seal(text))).toBe(text);
        expect(vault.seal(text).equals(vault.seal(text))).toBe(false);
      }),
    );
  });

  it('holds no readable part of the text', () => {
    expect(vault.seal('holiday-film-2026.mp4').includes('holiday')).toBe(false);
  });

  it('refuses altered bytes and another key', () => {
    const sealed = vault.seal('name');
    const altered = Buffer.from(sealed);
    altered[sealed.length - 1]! ^= 1;
    expect(() => vault.open(altered)).toThrow();
    expect(() => createVault(randomBytes(32)).open(sealed)).toThrow();
  });

  it('prints equal texts alike and others differently', () => {
    expect(vault.fingerprint('a')).toEqual(vault.fingerprint('a'));
    expect(vault.fingerprint('a')).not.toEqual(vault.fingerprint('b'));
  });
});

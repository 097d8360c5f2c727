import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVault, SealedValueError } from './vault.ts';

describe('the vault', () => {
  const vault = createVault(randomBytes(32));
  const column = { table: 'uploads', column: 'name_sealed', row: ['account', 'upload'] };

  it('opens what it sealed, and seals the same text differently each time', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (text, row) => {
        const here = { ...column, row };
        expect(vault.open(here, vault.seal(here, text))).toBe(text);
        expect(vault.seal(here, text).equals(vault.seal(here, text))).toBe(false);
      }),
    );
  });

  it('seals a text without any readable part of the text or of its column', () => {
    const sealed = vault.seal(column, 'holiday-film-2026.mp4');
    for (const word of ['holiday', 'uploads', 'account']) expect(sealed.includes(word)).toBe(false);
  });

  it.each([
    ['table', { ...column, table: 'transcodes' }],
    ['column', { ...column, column: 'error_sealed' }],
    ['row', { ...column, row: ['account', 'other'] }],
    ['account', { ...column, row: ['other', 'upload'] }],
    ['split of the row’s key', { ...column, row: ['accountu', 'pload'] }],
    ['split between column and row', { ...column, column: 'name_sealed","account', row: ['upload'] }],
  ])('does not open a value that was sealed for another %s', (_, other) => {
    const sealed = vault.seal(column, 'name');
    expect(() => vault.open(other, sealed)).toThrow(SealedValueError);
    expect(() => vault.open(column, vault.seal(other, 'name'))).toThrow(SealedValueError);
    expect(vault.open(column, sealed)).toBe('name');
  });

  it('rejects every altered byte, every truncation, and another key, and reports the column but not the text', () => {
    const sealed = vault.seal(column, 'name');
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed);
      altered[at]! ^= 1;
      expect(() => vault.open(column, altered)).toThrow(SealedValueError);
      expect(() => vault.open(column, sealed.subarray(0, at))).toThrow(SealedValueError);
    }
    expect(() => createVault(randomBytes(32)).open(column, sealed)).toThrow(
      /uploads\.name_sealed in row account\/upload/,
    );
  });

  it('returns equal fingerprints for equal texts, and different fingerprints for different texts', () => {
    expect(vault.fingerprint('a')).toEqual(vault.fingerprint('a'));
    expect(vault.fingerprint('a')).not.toEqual(vault.fingerprint('b'));
  });
});

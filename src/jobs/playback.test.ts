import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uuidv7 } from '../crypto/uuid.ts';
import { createVault, VAULT_KEY_BYTES } from '../crypto/vault.ts';
import { makePlaybackToken, readPlaybackToken } from './playback.ts';

const vault = createVault(randomBytes(VAULT_KEY_BYTES));
const grant = () => ({ outputId: uuidv7(), expiresAt: new Date('2026-11-28T12:01:00Z') });

describe('a playback token', () => {
  it('contains its output and its expiry, and only characters that a path allows', () => {
    const made = grant();
    const token = makePlaybackToken(vault, made);
    expect(token).toMatch(/^[\w-]{48}$/);
    expect(readPlaybackToken(vault, token)).toEqual(made);
  });

  it('is invalid if any bit is changed, and with the vault of another server', () => {
    const token = makePlaybackToken(vault, grant());
    expect(readPlaybackToken(createVault(randomBytes(VAULT_KEY_BYTES)), token)).toBeNull();
    const bits = Buffer.from(token, 'base64url').length * 8;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bits - 1 }), (bit) => {
        const bytes = Buffer.from(token, 'base64url');
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expect(readPlaybackToken(vault, bytes.toString('base64url'))).toBeNull();
      }),
    );
  });

  it('is the only text that is accepted', () => {
    const token = makePlaybackToken(vault, grant());
    for (const text of ['', 'x', token.slice(1), `${token}A`, `${token}=`, ` ${token}`, token.toUpperCase(), '..'])
      expect(readPlaybackToken(vault, text)).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => readPlaybackToken(vault, text) === null));
  });
});

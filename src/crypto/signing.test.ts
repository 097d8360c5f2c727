import { describe, expect, it } from 'vitest';
import { createSigner, isSignedBy, publicJwk } from './signing.ts';

// RFC 8032, section 7.1, test 1, and its public key.
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');

describe('signatures', () => {
  const signer = createSigner(SEED);
  const value = { type: 'test', list: [1, 'ü', null], nested: { b: 2, a: 1 } };
  const signed = signer.sign(value);

  it('are made with the key that RFC 8032 derives from the seed, and name the key by its RFC 8037 thumbprint', () => {
    expect(Buffer.from(signer.key.x, 'base64url')).toEqual(PUBLIC);
    // RFC 8037, appendix A.3: the thumbprint of this key.
    expect(signer.key.kid).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
    expect(publicJwk(PUBLIC)).toEqual(signer.key);
  });

  it('are valid only for the same value, with its fields in any order', () => {
    const reordered = { nested: { a: 1, b: 2 }, list: [1, 'ü', null], type: 'test' };
    expect(isSignedBy(reordered, signed, [signer.key])).toBe(true);
    for (const other of [{ ...value, type: 'Test' }, { ...value, more: 1 }, { type: 'test' }, null]) {
      expect(isSignedBy(other, signed, [signer.key])).toBe(false);
    }
  });

  it('are rejected without their key, with another algorithm, and if they are altered', () => {
    const other = createSigner(Buffer.alloc(32, 7));
    const altered = `${signed.signature.startsWith('A') ? 'B' : 'A'}${signed.signature.slice(1)}`;
    expect(isSignedBy(value, signed, [])).toBe(false);
    expect(isSignedBy(value, signed, [other.key])).toBe(false);
    expect(isSignedBy(value, signed, [{ ...other.key, kid: signer.key.kid }])).toBe(false);
    expect(isSignedBy(value, { ...signed, algorithm: 'none' as never }, [signer.key])).toBe(false);
    expect(isSignedBy(value, { ...signed, signature: altered }, [signer.key])).toBe(false);
    expect(isSignedBy(value, { ...signed, signature: '' }, [signer.key])).toBe(false);
  });

  it('require a seed of 32 bytes', () => {
    expect(() => createSigner(Buffer.alloc(31))).toThrow(/32 bytes/);
  });
});

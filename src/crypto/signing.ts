import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { canonicalJson } from './hash.ts';

export const SIGNING_KEY_BYTES = 32;
export const SIGNATURE_ALGORITHM = 'Ed25519';

/** A public key in the format of RFC 8037. */
export interface PublicJwk {
  kty: 'OKP';
  crv: 'Ed25519';
  /** The 32 bytes of the key, in base64url. */
  x: string;
  /** Thumbprint of the key (RFC 7638). */
  kid: string;
  use: 'sig';
  alg: 'EdDSA';
}

export interface Signature {
  /** Base64url of the 64 bytes of the signature. The signed text is the canonical JSON (RFC 8785) of the value, in UTF-8. */
  signature: string;
  key_id: string;
  algorithm: typeof SIGNATURE_ALGORITHM;
}

/** Signs JSON values. The value contains its own `type`, so that a signature for one type is never valid for another. */
export interface Signer {
  readonly key: PublicJwk;
  sign(value: unknown): Signature;
}

/** RFC 8410: the bytes before the 32 bytes of a private key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Creates a signer. `seed` contains the 32 bytes of RFC 8032, section 5.1.5. */
export function createSigner(seed: Buffer): Signer {
  if (seed.length !== SIGNING_KEY_BYTES) throw new Error(`The signing key must have ${SIGNING_KEY_BYTES} bytes`);
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(secret).export({ format: 'jwk' });
  const key = publicJwk(Buffer.from(x!, 'base64url'));
  return {
    key,
    sign: (value) => ({
      signature: sign(null, Buffer.from(canonicalJson(value)), secret).toString('base64url'),
      key_id: key.kid,
      algorithm: SIGNATURE_ALGORITHM,
    }),
  };
}

/** Returns the JWK of a public key. `raw` contains its 32 bytes. */
export function publicJwk(raw: Buffer): PublicJwk {
  const required = { crv: 'Ed25519', kty: 'OKP', x: raw.toString('base64url') } as const;
  // RFC 7638: the members that a key of this kind must have, sorted by name, without white space.
  const kid = createHash('sha256').update(canonicalJson(required)).digest('base64url');
  return { ...required, kid, use: 'sig', alg: 'EdDSA' };
}

/** Whether one of the keys has signed the value. Returns false for malformed input; never throws. */
export function isSignedBy(value: unknown, by: Signature, keys: readonly PublicJwk[]): boolean {
  const key = keys.find((candidate) => candidate.kid === by.key_id);
  if (!key || by.algorithm !== SIGNATURE_ALGORITHM) return false;
  try {
    const { kty, crv, x } = key;
    const publicKey = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
    return verify(null, Buffer.from(canonicalJson(value)), publicKey, Buffer.from(by.signature, 'base64url'));
  } catch {
    return false;
  }
}

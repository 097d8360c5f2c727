import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Seals the few texts that must not lie readable in the database or its log: names of files, source URLs with
 * their query, the user's metadata. A deleted row leaves dead tuples and WAL behind; those then hold ciphertext.
 */
export interface Vault {
  /** AES-256-GCM; a nonce of its own each time. */
  seal(text: string): Buffer;
  /** Throws when the bytes were altered or sealed with another key. */
  open(sealed: Buffer): string;
  /** HMAC-SHA256 under a separate key: equal texts have equal fingerprints, and nothing else can be told. */
  fingerprint(text: string): Buffer;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const VAULT_KEY_BYTES = 32;

export function createVault(key: Buffer): Vault {
  if (key.length !== VAULT_KEY_BYTES) throw new Error(`The vault key must have ${VAULT_KEY_BYTES} bytes`);
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32));
  const sealing = derive('airlock/seal/1');
  const printing = derive('airlock/fingerprint/1');
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(sealed) {
      const decipher = createDecipheriv('aes-256-gcm', sealing, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const body = sealed.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
    fingerprint(text) {
      return createHmac('sha256', printing).update(text).digest();
    },
  };
}

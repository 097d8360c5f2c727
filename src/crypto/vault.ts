import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** The only column and row in which a sealed value can be opened. */
export interface SealedColumn {
  table: string;
  column: string;
  /** Identifies the row: its account and its key, in a fixed order. */
  row: readonly string[];
}

/**
 * Seals texts that must not be readable in the database or its log: file names, source URLs, options, metadata. A deleted row leaves dead
 * tuples and WAL behind, which then contain only ciphertext. Each value is bound to its column and row, so that an attacker who writes to
 * the database cannot move a text from one row to another.
 */
export interface Vault {
  /** Seals a text with AES-256-GCM and a fresh nonce. The column and row are authenticated, but not stored. */
  seal(target: SealedColumn, text: string): Buffer;
  /** Throws `SealedValueError` if the value was altered, sealed with another key, or sealed for another column. */
  open(target: SealedColumn, sealed: Buffer): string;
  /** Returns the HMAC-SHA256 of a text under a separate key. Equal texts have equal fingerprints, which reveal nothing else. */
  fingerprint(text: string): Buffer;
}

/**
 * The error for a sealed value that was altered, moved to another column or row, or sealed with another key. The message names the
 * location, never the text.
 */
export class SealedValueError extends Error {
  readonly target: SealedColumn;
  constructor(target: SealedColumn, options?: ErrorOptions) {
    super(
      `the value of ${target.table}.${target.column} in row ${target.row.join('/')} was not sealed for this column: ` +
        'it was altered or moved in the database, or sealed with another key',
      options,
    );
    this.name = 'SealedValueError';
    this.target = target;
  }
}

/** First byte of a sealed value, which identifies its format. Change it together with the key derivation. */
const FORMAT = 2;
const HEAD_BYTES = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const VAULT_KEY_BYTES = 32;

export function createVault(key: Buffer): Vault {
  if (key.length !== VAULT_KEY_BYTES) throw new Error(`The vault key must have ${VAULT_KEY_BYTES} bytes`);
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32));
  const sealing = derive(`airlock/seal/${FORMAT}`);
  const printing = derive('airlock/fingerprint/1');
  return {
    seal(target, text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(authenticated(target));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), body]);
    },
    open(target, sealed) {
      try {
        if (sealed[0] !== FORMAT) throw new Error('unknown format of a sealed value');
        const nonce = sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
        const tag = sealed.subarray(HEAD_BYTES + NONCE_BYTES, HEAD_BYTES + NONCE_BYTES + TAG_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(authenticated(target)).setAuthTag(tag);
        const body = sealed.subarray(HEAD_BYTES + NONCE_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch (error) {
        throw new SealedValueError(target, { cause: error });
      }
    },
    fingerprint(text) {
      return createHmac('sha256', printing).update(text).digest();
    },
  };
}

/**
 * Returns the data that is authenticated with a value. It is JSON, because two different columns must never have the same bytes:
 * `["a","bc"]` and `["ab","c"]` differ.
 */
function authenticated({ table, column, row }: SealedColumn): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, table, column, ...row]));
}

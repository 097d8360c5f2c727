import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Number of iterations. PostgreSQL's default, SCRAM_SHA_256_DEFAULT_ITERATIONS. */
const ITERATIONS = 4096;
/** Bytes of the salt. PostgreSQL's default, SCRAM_DEFAULT_SALT_LEN. */
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Returns the verifier that PostgreSQL stores instead of a password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as RFC
 * 5803 and RFC 7677 define it. A verifier cannot be used to log in. The password must be printable ASCII without spaces, which SASLprep
 * does not change.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  if (!/^[\x21-\x7e]+$/.test(password)) throw new RangeError('the password is not printable ASCII');
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, 'sha256');
  const keyOf = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const serverKey = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256 } from '../crypto/hash.ts';

const TOKEN_BYTES = 32;
const TOKEN_PATTERN = /^[\w-]{43}$/;

/** Creates a secret for a cookie or link. Only the hash of the secret is stored. */
export function makeToken(): { raw: string; hash: Buffer } {
  const raw = randomBytes(TOKEN_BYTES).toString('base64url');
  return { raw, hash: sha256(raw) };
}

/** Returns the hash of a token; null for a text that cannot be a token. */
export function hashToken(raw: string): Buffer | null {
  return TOKEN_PATTERN.test(raw) ? sha256(raw) : null;
}

/**
 * Returns the value that every change in a session must send in a header. A page of another site can make the browser send the cookie, but
 * can neither read nor derive this value.
 */
export function csrfOf(token: string): string {
  return createHmac('sha256', token).update('csrf').digest('base64url');
}

export function isCsrfOf(token: string, sent: unknown): boolean {
  if (typeof sent !== 'string') return false;
  const [expected, found] = [Buffer.from(csrfOf(token)), Buffer.from(sent)];
  return expected.length === found.length && timingSafeEqual(expected, found);
}

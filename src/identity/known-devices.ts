import { timingSafeEqual } from 'node:crypto';
import type { Vault } from '../crypto/vault.ts';
import type { User } from './users.ts';

/** Number of seconds for which a browser stays known after the last sign-in: half a year. */
export const DEVICE_SECONDS = 180 * 86_400;

type Person = Pick<User, 'id' | 'password_hash'>;

/**
 * Returns the value of the cookie of a browser in which this person has signed in. The cookie grants no access. Its holder takes precedence
 * over strangers when signing in, and strangers who guess passwords do not use up the attempts of this browser. A new password invalidates
 * the cookie.
 */
export function makeDeviceToken(vault: Vault, user: Person, now = Date.now()): string {
  const at = String(Math.floor(now / 1000));
  return `${at}.${printOf(vault, user, at).toString('base64url')}`;
}

/** Returns the id of a browser in which this person has signed in. Returns null if the value of the cookie is not valid. */
export function knownDevice(vault: Vault, user: Person, token: string, now = Date.now()): string | null {
  const [at = '', print = ''] = token.split('.');
  const age = now / 1000 - Number(at);
  if (!/^\d{1,12}$/.test(at) || age > DEVICE_SECONDS) return null;
  const [expected, found] = [printOf(vault, user, at), Buffer.from(print, 'base64url')];
  return expected.length === found.length && timingSafeEqual(expected, found) ? expected.toString('base64url') : null;
}

function printOf(vault: Vault, { id, password_hash: password }: Person, at: string): Buffer {
  return vault.fingerprint(JSON.stringify(['known device', id, at, password]));
}

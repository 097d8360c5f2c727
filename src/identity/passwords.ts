import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { createTurns, type TurnOwner } from './turns.ts';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Cost of a hash: 32 MiB of memory and about 150 ms. OWASP lists these settings for scrypt (Password Storage Cheat Sheet). */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Hashes are computed one at a time, so that guesses occupy at most one core and 32 MiB. */
const turns = createTurns();
/** Counts sign-ins and new passwords that are waiting or being processed. */
export const countSignIns = turns.counts;

/** Returns `scrypt$N$r$p$salt$hash`. The text contains the cost, so a later release with a higher cost can still check the hash. */
export async function hashPassword(password: string, owner: TurnOwner): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await turns.run(owner, () => scryptOf(password, salt, COST));
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/**
 * Whether a password matches a stored hash. Takes the same time if no hash is stored, so that the time does not reveal who has an account.
 */
export async function isPassword(password: string, stored: string | null, owner: TurnOwner): Promise<boolean> {
  const [, n, r, p, salt, hash] = (stored ?? NOBODY).split('$');
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const found = await turns.run(owner, () => scryptOf(password, Buffer.from(salt!, 'base64url'), cost));
  return timingSafeEqual(found, Buffer.from(hash!, 'base64url')) && stored !== null;
}

const NOBODY = ['scrypt', COST.N, COST.r, COST.p, 'A'.repeat(22), randomBytes(HASH_BYTES).toString('base64url')].join(
  '$',
);

/** Computes the hash of a password. Normalizes the password first, because keyboards encode some characters in several ways. */
function scryptOf(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return derive(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem: 64 * 2 ** 20 });
}

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { ApiError } from '../contract/errors.ts';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** 32 MiB and about 150 ms for a guess: one of the settings that OWASP lists for scrypt (Password Storage Cheat Sheet). */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** One is computed at a time, so that guesses occupy one core and 32 MiB at most; this many may wait. */
const MAX_WAITING = 16;

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/** Returns `scrypt$N$r$p$salt$hash`, with which a later release can still check it after it has raised the cost. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await inTurn(() => scryptOf(password, salt, COST));
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Takes as long without a stored hash, so that the time does not reveal who has an account. */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, n, r, p, salt, hash] = (stored ?? NOBODY).split('$');
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const found = await inTurn(() => scryptOf(password, Buffer.from(salt!, 'base64url'), cost));
  return timingSafeEqual(found, Buffer.from(hash!, 'base64url')) && stored !== null;
}

const NOBODY = ['scrypt', COST.N, COST.r, COST.p, 'A'.repeat(22), randomBytes(HASH_BYTES).toString('base64url')].join(
  '$',
);

/** Keyboards write some characters in several ways. */
function scryptOf(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return derive(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem: 64 * 2 ** 20 });
}

/** Throws `unavailable` when too many wait. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (waiting >= MAX_WAITING)
    throw new ApiError('unavailable', { reason: 'too many people sign in', remedy: 'Try again in a moment' });
  waiting += 1;
  const turn = last.then(work, work);
  last = turn.catch(() => {});
  return turn.finally(() => {
    waiting -= 1;
  });
}

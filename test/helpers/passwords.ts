import { randomBytes, scryptSync } from 'node:crypto';

/** One 32nd of the work of the cost that the service uses for new passwords, which takes 150 ms of a processor. */
const COST = { N: 2 ** 10, r: 8, p: 3 };

/** A stored hash that checks fast, as an earlier release with a lower cost would have written it. */
export function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

import { randomBytes, scryptSync } from 'node:crypto';

/** Cost of scrypt with one 32nd of the work of the service's cost for new passwords, which takes 150 ms of processor time. */
const COST = { N: 2 ** 10, r: 8, p: 3 };

/** Returns a stored hash that is fast to check, as an earlier release with a lower cost would have written it. */
export function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

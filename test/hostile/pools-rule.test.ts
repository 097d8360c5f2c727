import { describe, expect, it } from 'vitest';
import { POOLS } from '../../scripts/docs/pools.ts';
import { FairPool, type ReturnPlace } from '../../src/pools/fair-pool.ts';

/* Tests greedy accounts against every pool of the product, with the pool's real numbers. `pools.test.ts` runs a service. */

const KEPT = POOLS.filter(({ isKept }) => isKept);
const BRIEF = POOLS.filter(({ isKept }) => !isKept);

/** Takes all the places that each account can get, one account after the other. */
function fill(pool: FairPool, accounts: number): ReturnPlace[] {
  const taken: ReturnPlace[] = [];
  for (let account = 0; account < accounts; account++) {
    for (let leave = pool.tryTake(`${account}`); leave; leave = pool.tryTake(`${account}`)) taken.push(leave);
  }
  return taken;
}

describe.each([2, 6, 40])('while %i accounts keep all the places that they can get', (accounts) => {
  it.each(KEPT)('a newcomer gets a place immediately: $what', ({ shape }) => {
    const pool = new FairPool(shape);
    fill(pool, accounts);
    expect(pool.tryTake('newcomer')).not.toBeNull();
  });

  it.each(BRIEF)('a newcomer gets the next place that is returned: $what', async ({ shape }) => {
    const pool = new FairPool(shape);
    const taken = fill(pool, accounts);
    const order: string[] = [];
    const ask = (account: string) =>
      void pool.wait(account).then((leave) => {
        order.push(account);
        taken.push(leave);
      });
    for (let account = 0; account < accounts; account++) for (let time = 0; time < 20; time++) ask(`${account}`);
    // By then, each account has had a place.
    for (let ended = 0; ended < 2 * accounts + shape.places; ended++) {
      taken.shift()!();
      await new Promise(setImmediate);
    }
    ask('newcomer');
    taken.shift()!();
    await new Promise(setImmediate);
    expect(order).toContain('newcomer');
  });
});

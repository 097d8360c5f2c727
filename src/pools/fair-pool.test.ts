import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairPool, NoPlace, type ReturnPlace } from './fair-pool.ts';

/** A pool with one place. */
const SINGLE = { places: 1, share: 1, reserved: 0 };

/** Requests places, and lists accounts in the order in which they got places. */
function ask(pool: FairPool, accounts: readonly string[]) {
  const granted: { account: string; leave: ReturnPlace }[] = [];
  for (const account of accounts) void pool.wait(account).then((leave) => granted.push({ account, leave }));
  return granted;
}

describe('a fair pool', () => {
  it('gives a free place to the waiting account with the fewest places', async () => {
    const pool = new FairPool({ places: 3, share: 2, reserved: 0 });
    const granted = ask(pool, ['slow', 'slow', 'busy', 'slow', 'late']);
    await turn();
    expect(granted.map(({ account }) => account)).toEqual(['slow', 'slow', 'busy']);
    granted[2]!.leave();
    await turn();
    expect(granted.map(({ account }) => account)).toEqual(['slow', 'slow', 'busy', 'late']);
  });

  it('serves accounts with equally few places in turn, regardless of how much work each has queued', async () => {
    const pool = new FairPool(SINGLE);
    const leaveFirst = pool.take('a');
    const granted = ask(pool, ['a', 'a', 'a', 'b', 'b', 'c']);
    leaveFirst();
    for (let ended = 0; ended < 6; ended++) {
      await turn();
      granted[ended]!.leave();
    }
    expect(granted.map(({ account }) => account).join('')).toBe('bcabaa');
  });

  it('gives each waiting account its first place before any account gets its second place', () => {
    return fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1, maxLength: 60 }), async (given) => {
        const pool = new FairPool(SINGLE);
        const leaveFirst = pool.take('first');
        const granted = ask(pool, given.map(String));
        const waiting = new Set(given.map(String));
        leaveFirst();
        const round: string[] = [];
        for (let ended = 0; ended < given.length; ended++) {
          await Promise.resolve();
          await turn();
          round.push(granted[ended]!.account);
          granted[ended]!.leave();
        }
        // Each account gets its first place before any account gets its second.
        expect(new Set(round.slice(0, waiting.size))).toEqual(waiting);
      }),
      { numRuns: 30 },
    );
  });

  it('counts a place as returned only once, even if its holder returns the place several times', () => {
    const pool = new FairPool(SINGLE);
    const leave = pool.tryTake('a')!;
    leave();
    leave();
    expect(pool.taken).toBe(0);
    expect(pool.tryTake('a')).not.toBeNull();
    expect(pool.tryTake('b')).toBeNull();
  });

  it('rejects a wait with the reason of the signal, or after the time-out, without taking a place', async () => {
    const pool = new FairPool(SINGLE);
    const leave = pool.take('a');
    const stop = new AbortController();
    const stopped = pool.wait('b', { signal: stop.signal });
    const late = pool.wait('b', { maxMs: 5 });
    stop.abort('canceled');
    await expect(stopped).rejects.toBe('canceled');
    await expect(late).rejects.toBeInstanceOf(NoPlace);
    leave();
    expect(pool.taken).toBe(0);
    await expect(pool.wait('b', { signal: stop.signal })).rejects.toBe('canceled');
  });

  it('returns the place of work that fails', async () => {
    const pool = new FairPool(SINGLE);
    await expect(pool.run('a', {}, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(pool.taken).toBe(0);
  });
});

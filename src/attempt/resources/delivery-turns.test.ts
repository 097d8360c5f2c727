import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DeliveryTurns } from './delivery-turns.ts';

const never = new AbortController().signal;

/** Starts deliveries that run until they are ended, and returns the accounts of those that run. */
function start(turns: DeliveryTurns, accounts: readonly string[], signal = never) {
  const running: { account: string; end: () => void }[] = [];
  const all = accounts.map((account) =>
    turns.run(account, signal, () => new Promise<void>((end) => running.push({ account, end }))),
  );
  for (const one of all) one.catch(() => {});
  return { running, all };
}

describe('turns of deliveries', () => {
  it('are left for an account that arrives later', async () => {
    const turns = new DeliveryTurns(4);
    const { running } = start(turns, ['slow', 'slow', 'slow', 'slow', 'slow', 'other']);
    await turn();
    expect(running.map(({ account }) => account)).toEqual(['slow', 'slow', 'other']);
  });

  it('go to the account with the fewest deliveries when one ends', async () => {
    const turns = new DeliveryTurns(2);
    const { running } = start(turns, ['slow', 'slow', 'slow']);
    const later = start(turns, ['other']);
    await turn();
    expect([running.length, later.running.length]).toEqual([1, 1]);
    running[0]!.end();
    later.running[0]!.end();
    await turn();
    await turn();
    expect(running.length).toBe(2);
  });

  it('let a bounded number of jobs of an account wait without a slot, and do not limit other accounts', async () => {
    const turns = new DeliveryTurns(2);
    start(turns, Array(32).fill('slow'));
    expect(turns.mayWait('slow')).toBe(true);
    start(turns, ['slow']);
    expect(turns.mayWait('slow')).toBe(false);
    expect(turns.mayWait('other')).toBe(true);
  });

  it('end with the signal of a job that waits', async () => {
    const turns = new DeliveryTurns(1);
    start(turns, ['slow']);
    const stopping = new AbortController();
    const { all, running } = start(turns, ['slow'], stopping.signal);
    stopping.abort('canceled');
    await expect(all[0]).rejects.toBe('canceled');
    expect(running).toEqual([]);
  });
});

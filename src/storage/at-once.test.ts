import { describe, expect, it } from 'vitest';
import { forEachAtOnce } from './at-once.ts';

describe('forEachAtOnce', () => {
  it('calls the function for every item, with no more calls at a time than the limit', async () => {
    let [running, most] = [0, 0];
    const done: number[] = [];
    await forEachAtOnce([1, 2, 3, 4, 5], 2, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      done.push(item);
    });
    expect([done, most]).toEqual([[1, 2, 3, 4, 5], 2]);
  });

  it('starts no call after a failure, and rejects with the failure after all running calls have ended', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const ended: string[] = [];
    const all = forEachAtOnce(['slow', 'fails', 'never'], 2, async (item) => {
      if (item === 'fails') throw new Error(item);
      await released;
      ended.push(item);
    });
    release();
    await expect(all).rejects.toThrow('fails');
    expect(ended).toEqual(['slow']);
  });
});

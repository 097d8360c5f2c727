import { describe, expect, it } from 'vitest';
import { cacheBriefly } from './cache-briefly.ts';

describe('results of cacheBriefly', () => {
  it('are reused for half a second, or for twenty times the duration of the call if this is longer', async () => {
    let now = 0;
    let count = 0;
    const recent = cacheBriefly<number>(() => now);
    const ask = (took: number) =>
      recent('a', async () => {
        now += took;
        count += 1;
        return count;
      });
    expect(await ask(10)).toBe(1);
    now += 499;
    expect(await ask(10)).toBe(1);
    now += 1;
    expect(await ask(100)).toBe(2);
    now += 1_999;
    expect(await ask(10)).toBe(2);
    now += 1;
    expect(await ask(10)).toBe(3);
  });

  it('are separate for each key, and failures are not cached', async () => {
    const recent = cacheBriefly<string>();
    expect(await recent('a', async () => 'a')).toBe('a');
    expect(await recent('b', async () => 'b')).toBe('b');
    await expect(recent('c', () => Promise.reject(new Error('unreachable')))).rejects.toThrow('unreachable');
    expect(await recent('c', async () => 'c')).toBe('c');
  });
});

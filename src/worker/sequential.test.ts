import { describe, expect, it } from 'vitest';
import { sequential } from './sequential.ts';

describe('a sequential runner', () => {
  it('starts each task when the previous task has ended, in the order of the calls', async () => {
    const run = sequential();
    const seen: string[] = [];
    const piece = (name: string) => async () => {
      seen.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([run(piece('first')), run(piece('second'))])).toEqual(['first', 'second']);
    expect(seen).toEqual(['first starts', 'first ends', 'second starts', 'second ends']);
  });

  it('continues after a failed task, and reports the failure only to the caller of this task', async () => {
    const run = sequential();
    const failed = run(() => Promise.reject(new Error('away')));
    const next = run(async () => 'fine');
    await expect(failed).rejects.toThrow('away');
    expect(await next).toBe('fine');
  });
});

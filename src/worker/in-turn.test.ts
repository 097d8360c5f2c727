import { describe, expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

describe('work in turn', () => {
  it('starts the next piece when the one before has ended, in the order of the calls', async () => {
    const turn = inTurn();
    const seen: string[] = [];
    const piece = (name: string) => async () => {
      seen.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([turn(piece('first')), turn(piece('second'))])).toEqual(['first', 'second']);
    expect(seen).toEqual(['first starts', 'first ends', 'second starts', 'second ends']);
  });

  it('goes on after a piece that failed, and tells only its caller', async () => {
    const turn = inTurn();
    const failed = turn(() => Promise.reject(new Error('away')));
    const next = turn(async () => 'fine');
    await expect(failed).rejects.toThrow('away');
    expect(await next).toBe('fine');
  });
});

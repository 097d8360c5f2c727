import { describe, expect, it } from 'vitest';
import { StorageError } from '../storage/types.ts';
import { createRowGuard, type RowGuardOptions } from './row-guard.ts';

const idOf = (row: string) => row;

function makeGuard(options: Partial<RowGuardOptions> = {}) {
  const clock = { ms: 0 };
  const reported: string[] = [];
  const guard = createRowGuard({
    ping: async () => {},
    onFailure: ({ loop, id, failures }) => reported.push(`${loop} ${id} ${failures}`),
    now: () => clock.ms,
    ...options,
  });
  return { guard, clock, reported };
}

describe('a row that fails in a loop over many rows', () => {
  it('blocks no other row, is reported and counted, and is skipped for twice as long after each failure', async () => {
    const { guard, clock, reported } = makeGuard();
    const tried: string[] = [];
    const pass = () =>
      guard.each(
        'retention',
        ['a', 'bad', 'c'],
        async (row) => {
          tried.push(row);
          if (row === 'bad') throw new Error('unknown kind');
        },
        { idOf },
      );
    expect(await pass()).toBe(2);
    expect(guard.resting('retention')).toEqual(['bad']);
    expect(guard.resting('staging')).toEqual([]);
    await pass();
    clock.ms = 5_000;
    expect(guard.resting('retention')).toEqual([]);
    await pass();
    clock.ms = 14_999;
    await pass();
    expect(tried).toEqual(['a', 'bad', 'c', 'a', 'c', 'a', 'bad', 'c', 'a', 'c']);
    expect(reported).toEqual(['retention bad 1', 'retention bad 2']);
    expect(guard.counts().failed).toMatchObject({ retention: 2, staging: 0 });
  });

  it('is skipped only for the initial time if it fails again after a success', async () => {
    const { guard, clock, reported } = makeGuard();
    let fails = true;
    const pass = () =>
      guard.each('staging', ['a'], () => (fails ? Promise.reject(new Error('no')) : Promise.resolve()), { idOf });
    await pass();
    [clock.ms, fails] = [5_000, false];
    expect(await pass()).toBe(1);
    fails = true;
    await pass();
    expect(reported).toEqual(['staging a 1', 'staging a 1']);
  });

  it('is not counted as failed when the database is unreachable, and the loop ends with the error', async () => {
    const { guard, reported } = makeGuard();
    const tried: string[] = [];
    const pass = guard.each(
      'recovery',
      ['a', 'b'],
      async (row) => {
        tried.push(row);
        throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      },
      { idOf },
    );
    await expect(pass).rejects.toThrow('refused');
    expect([tried, reported, guard.resting('recovery')]).toEqual([['a'], [], []]);
  });

  it('is counted as failed after a retryable storage error only if storage responds to a ping', async () => {
    const error = new StorageError('500', { retry: true, status: 500 });
    const work = () => Promise.reject(error);
    const unreachable = makeGuard({ ping: () => Promise.reject(error) });
    await expect(unreachable.guard.each('deletion', ['a'], work, { idOf })).rejects.toBe(error);
    expect(unreachable.reported).toEqual([]);
    const there = makeGuard();
    expect(await there.guard.each('deletion', ['a'], work, { idOf })).toBe(0);
    expect(there.reported).toEqual(['deletion a 1']);
  });

  it('occupies one of the concurrent slots, and the other slots continue', async () => {
    const { guard } = makeGuard();
    let [running, most] = [0, 0];
    const work = async (row: string) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
      if (row === '3') throw new Error('no');
    };
    const rows = Array.from({ length: 20 }, (_, index) => String(index));
    expect(await guard.each('staging', rows, work, { idOf, atOnce: 4 })).toBe(19);
    expect(most).toBe(4);
  });
});

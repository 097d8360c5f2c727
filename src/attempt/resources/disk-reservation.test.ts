import { describe, expect, it, vi } from 'vitest';
import { until } from '../../../testkit/until.ts';
import { DiskBudget, DiskFull, watchMs } from './disk-reservation.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const FULL = { code: 'storage_full', retry: true };

/** Returns a budget for a disk with `spare` MiB above the reserve. */
function budgetOn(disk: { spare: number }, { promised = 0, accounts = 2, cells = 3 } = {}) {
  return new DiskBudget({
    measure: async () => ({
      totalBytes: 1e12,
      freeBytes: disk.spare * MIB,
      reserveBytes: 0,
      spareBytes: disk.spare * MIB,
      spareFiles: 1e9,
    }),
    promised: async () => ({ bytes: promised * MIB, accounts }),
    cells,
  });
}

describe('disk space for work', () => {
  it('is denied if less than the minimum is free, and space that is promised to uploads counts as used', async () => {
    await expect(budgetOn({ spare: 3 }).enter('a')).rejects.toThrow(DiskFull);
    await expect(budgetOn({ spare: 500 }, { promised: 498 }).enter('a')).rejects.toThrow(DiskFull);
    (await budgetOn({ spare: 500 }).enter('a')).release();
  });

  it('is limited for each cell, so that the writes of all cells fit together', async () => {
    const attempt = await budgetOn({ spare: 400 }).enter('a');
    expect(await attempt.cellBytes()).toBe(100 * MIB);
    attempt.release();
    const tight = await budgetOn({ spare: 5 }, { cells: 6 }).enter('a');
    await expect(tight.cellBytes()).rejects.toThrow(DiskFull);
    tight.release();
  });

  it('is reserved for copies of an account while it leaves at least as much free, and without this limit for a single account', async () => {
    const attempt = await budgetOn({ spare: 400 }).enter('a');
    await attempt.reserve(150 * MIB);
    await expect(attempt.reserve(150 * MIB)).rejects.toMatchObject(FULL);
    attempt.release();
    const alone = await budgetOn({ spare: 400 }, { accounts: 1 }).enter('a');
    await alone.reserve(390 * MIB);
    alone.release();
  });

  it('is reclaimed from the largest fetch of an account that uses more than it leaves free', async () => {
    const disk = { spare: 400 };
    const budget = budgetOn(disk);
    const [small, large, other] = await Promise.all([budget.enter('a'), budget.enter('a'), budget.enter('b')]);
    const fetched = (attempt: typeof small, mib: number) => {
      attempt.recordWrite(mib * MIB);
      disk.spare -= mib;
    };
    fetched(small, 60);
    fetched(large, 160);
    fetched(other, 20);
    await until(() => large.signal.aborted, { what: 'the largest fetch to be ended' });
    expect(large.signal.reason).toMatchObject(FULL);
    expect([small.signal.aborted, other.signal.aborted]).toEqual([false, false]);
    for (const attempt of [small, large, other]) attempt.release();
  });

  it('is measured before a fast fetch continues, so that the fetch cannot use more than it leaves free', async () => {
    const disk = { spare: 400 };
    const budget = budgetOn(disk);
    const attempt = await budget.enter('a');
    for (let fetched = 0; fetched < 400 && !attempt.signal.aborted; fetched += 8) {
      disk.spare -= 8;
      await attempt.recordWrite(8 * MIB);
    }
    expect(attempt.signal.reason).toMatchObject(FULL);
    expect(disk.spare).toBeGreaterThan(180);
    attempt.release();
  });

  it('is reclaimed from the largest attempt when something else uses the reserve', async () => {
    const disk = { spare: 400 };
    const budget = budgetOn(disk, { accounts: 1 });
    const [small, large] = await Promise.all([budget.enter('a'), budget.enter('a')]);
    small.recordWrite(MIB);
    large.recordWrite(2 * MIB);
    disk.spare = -1;
    await until(() => large.signal.aborted, { what: 'the larger attempt to be ended' });
    large.release();
    disk.spare = 10;
    expect(small.signal.aborted).toBe(false);
    small.release();
  });
});

describe('the interval at which the disk is measured', () => {
  const FILES = Number.POSITIVE_INFINITY;

  it('is a quarter of a second if few bytes or files are left, or none', () => {
    for (const left of [Number.NEGATIVE_INFINITY, -GIB, 0, 300 * MIB]) {
      expect(watchMs({ left, spareFiles: FILES })).toBe(250);
    }
    expect(watchMs({ left: 100 * GIB, spareFiles: 10 })).toBe(250);
  });

  it('grows with the free space, so that a program that writes 2 GB/s is detected before it uses the reserve', () => {
    expect(watchMs({ left: 4e9, spareFiles: FILES })).toBe(2000);
    expect(watchMs({ left: 4e9, spareFiles: 150_000 })).toBe(1500);
  });

  it('is five seconds at most', () => {
    expect(watchMs({ left: 1e15, spareFiles: FILES })).toBe(5000);
  });

  it('is not restarted by attempts that start meanwhile, and shrinks with the free space', async () => {
    vi.useFakeTimers();
    try {
      const disk = { spare: 4000 };
      const budget = budgetOn(disk, { accounts: 1 });
      const [large, small] = [await budget.enter('a'), await budget.enter('a')];
      large.recordWrite(2 * MIB);
      small.recordWrite(MIB);
      await vi.advanceTimersByTimeAsync(1500);
      const late = await budget.enter('a');
      disk.spare = -1;
      await vi.advanceTimersByTimeAsync(500);
      expect(large.signal.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(100);
      expect([large.signal.aborted, small.signal.aborted]).toEqual([true, false]);
      await vi.advanceTimersByTimeAsync(250);
      expect(small.signal.aborted).toBe(true);
      for (const attempt of [large, small, late]) attempt.release();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

import { describe, expect, it, vi } from 'vitest';
import { until } from '../../../testkit/until.ts';
import { DiskFull, openDiskBudget, watchMs } from './disk-reservation.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const FULL = { code: 'storage_full', retry: true };

/** A disk with that many MiB above the reserve. */
function roomOn(disk: { spare: number }, { promised = 0, accounts = 2, cells = 3 } = {}) {
  return openDiskBudget({
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

describe('room for work', () => {
  it('is there for nobody below the least, promises to uploads counted', async () => {
    await expect(roomOn({ spare: 3 }).enter('a')).rejects.toThrow(DiskFull);
    await expect(roomOn({ spare: 500 }, { promised: 498 }).enter('a')).rejects.toThrow(DiskFull);
    (await roomOn({ spare: 500 }).enter('a')).release();
  });

  it('lets all cells together write no more than there is', async () => {
    const hold = await roomOn({ spare: 400 }).enter('a');
    expect(await hold.cellBytes()).toBe(100 * MIB);
    hold.release();
    const tight = await roomOn({ spare: 5 }, { cells: 6 }).enter('a');
    await expect(tight.cellBytes()).rejects.toThrow(DiskFull);
    tight.release();
  });

  it('is reserved for copies while an account leaves as much free; a single account may reserve all', async () => {
    const hold = await roomOn({ spare: 400 }).enter('a');
    await hold.reserve(150 * MIB);
    await expect(hold.reserve(150 * MIB)).rejects.toMatchObject(FULL);
    hold.release();
    const alone = await roomOn({ spare: 400 }, { accounts: 1 }).enter('a');
    await alone.reserve(390 * MIB);
    alone.release();
  });

  it('is taken back from the largest fetch of the account that takes more than it leaves', async () => {
    const disk = { spare: 400 };
    const room = roomOn(disk);
    const [small, large, other] = await Promise.all([room.enter('a'), room.enter('a'), room.enter('b')]);
    const fetched = (hold: typeof small, mib: number) => {
      hold.recordWrite(mib * MIB);
      disk.spare -= mib;
    };
    fetched(small, 60);
    fetched(large, 160);
    fetched(other, 20);
    await until(() => large.signal.aborted, { what: 'the largest fetch to be ended' });
    expect(large.signal.reason).toMatchObject(FULL);
    expect([small.signal.aborted, other.signal.aborted]).toEqual([false, false]);
    for (const hold of [small, large, other]) hold.release();
  });

  it('has a fast fetch wait until the disk has been measured, so that it fills no more than that', async () => {
    const disk = { spare: 400 };
    const room = roomOn(disk);
    const hold = await room.enter('a');
    for (let fetched = 0; fetched < 400 && !hold.signal.aborted; fetched += 8) {
      disk.spare -= 8;
      await hold.recordWrite(8 * MIB);
    }
    expect(hold.signal.reason).toMatchObject(FULL);
    expect(disk.spare).toBeGreaterThan(180);
    hold.release();
  });

  it('is reclaimed from the largest attempt when something else uses the reserve', async () => {
    const disk = { spare: 400 };
    const room = roomOn(disk, { accounts: 1 });
    const [small, large] = await Promise.all([room.enter('a'), room.enter('a')]);
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

  it('is a quarter of a second where room is scarce, or none is left', () => {
    for (const left of [Number.NEGATIVE_INFINITY, -GIB, 0, 300 * MIB]) {
      expect(watchMs({ left, spareFiles: FILES })).toBe(250);
    }
    expect(watchMs({ left: 100 * GIB, spareFiles: 10 })).toBe(250);
  });

  it('grows with the room, so that a program that writes 2 GB/s is seen before the reserve', () => {
    expect(watchMs({ left: 4e9, spareFiles: FILES })).toBe(2000);
    expect(watchMs({ left: 4e9, spareFiles: 150_000 })).toBe(1500);
  });

  it('is five seconds at most', () => {
    expect(watchMs({ left: 1e15, spareFiles: FILES })).toBe(5000);
  });

  it('is not restarted by attempts that start meanwhile, and shrinks with the room', async () => {
    vi.useFakeTimers();
    try {
      const disk = { spare: 4000 };
      const room = roomOn(disk, { accounts: 1 });
      const [large, small] = [await room.enter('a'), await room.enter('a')];
      large.recordWrite(2 * MIB);
      small.recordWrite(MIB);
      await vi.advanceTimersByTimeAsync(1500);
      const late = await room.enter('a');
      disk.spare = -1;
      await vi.advanceTimersByTimeAsync(500);
      expect(large.signal.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(100);
      expect([large.signal.aborted, small.signal.aborted]).toEqual([true, false]);
      await vi.advanceTimersByTimeAsync(250);
      expect(small.signal.aborted).toBe(true);
      for (const hold of [large, small, late]) hold.release();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

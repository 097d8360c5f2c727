import { describe, expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import { NoRoom, openWorkRoom } from './work-room.ts';

const MIB = 2 ** 20;
const FULL = { code: 'storage_full', retry: true };

/** A disk with that many MiB above the reserve. */
function roomOn(disk: { spare: number }, { promised = 0, accounts = 2, cells = 3 } = {}) {
  return openWorkRoom({
    measure: async () => ({
      totalBytes: 1e12,
      freeBytes: disk.spare * MIB,
      reserveBytes: 0,
      spareBytes: disk.spare * MIB,
      spareFiles: 1000,
    }),
    promised: async () => ({ bytes: promised * MIB, accounts }),
    cells,
  });
}

describe('room for work', () => {
  it('is there for nobody below the least, promises to uploads counted', async () => {
    await expect(roomOn({ spare: 3 }).enter('a')).rejects.toThrow(NoRoom);
    await expect(roomOn({ spare: 500 }, { promised: 498 }).enter('a')).rejects.toThrow(NoRoom);
    (await roomOn({ spare: 500 }).enter('a')).release();
  });

  it('lets all cells together write no more than there is', async () => {
    const hold = await roomOn({ spare: 400 }).enter('a');
    expect(await hold.cellBytes()).toBe(100 * MIB);
    hold.release();
    const tight = await roomOn({ spare: 5 }, { cells: 6 }).enter('a');
    await expect(tight.cellBytes()).rejects.toThrow(NoRoom);
    tight.release();
  });

  it('is reserved for copies while an account leaves as much free; a single account may take all', async () => {
    const hold = await roomOn({ spare: 400 }).enter('a');
    await hold.take(150 * MIB);
    await expect(hold.take(150 * MIB)).rejects.toMatchObject(FULL);
    hold.release();
    const alone = await roomOn({ spare: 400 }, { accounts: 1 }).enter('a');
    await alone.take(390 * MIB);
    alone.release();
  });

  it('is taken back from the largest fetch of the account that takes more than it leaves', async () => {
    const disk = { spare: 400 };
    const room = roomOn(disk);
    const [small, large, other] = await Promise.all([room.enter('a'), room.enter('a'), room.enter('b')]);
    const fetched = (hold: typeof small, mib: number) => {
      hold.grew(mib * MIB);
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
      await hold.grew(8 * MIB);
    }
    expect(hold.signal.reason).toMatchObject(FULL);
    expect(disk.spare).toBeGreaterThan(180);
    hold.release();
  });

  it('is reclaimed from the largest attempt when something else uses the reserve', async () => {
    const disk = { spare: 400 };
    const room = roomOn(disk, { accounts: 1 });
    const [small, large] = await Promise.all([room.enter('a'), room.enter('a')]);
    small.grew(MIB);
    large.grew(2 * MIB);
    disk.spare = -1;
    await until(() => large.signal.aborted, { what: 'the larger attempt to be ended' });
    large.release();
    disk.spare = 10;
    expect(small.signal.aborted).toBe(false);
    small.release();
  });
});

import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { diskSpace, formatDiskReserve, parseDiskReserve } from './disk-reserve.ts';

describe('AIRLOCK_DISK_RESERVE', () => {
  it.each([
    [undefined, { percent: 5, bytes: 2 ** 30 }],
    ['', { percent: 5, bytes: 2 ** 30 }],
    ['5%', { percent: 5, bytes: 0 }],
    ['2.5 %', { percent: 2.5, bytes: 0 }],
    ['1GiB', { percent: 0, bytes: 2 ** 30 }],
    ['500MB', { percent: 0, bytes: 500_000_000 }],
    ['0.5 gib', { percent: 0, bytes: 2 ** 29 }],
    ['0B', { percent: 0, bytes: 0 }],
    ['10%, 2GiB', { percent: 10, bytes: 2 ** 31 }],
  ])('is parsed from %j, and formatted as text with the same meaning', (text, reserve) => {
    expect(parseDiskReserve(text)).toEqual(reserve);
    expect(parseDiskReserve(formatDiskReserve(reserve))).toEqual(reserve);
  });

  it.each(['5', 'GiB', '5 percent', '-5%', '1XB', '5%,6%', '1GiB,2GiB', '5%,', '95%', '1e3MB', '99999999TB'])(
    'is rejected with a remedy if it is %j',
    (text) => {
      expect(() => readConfig({ AIRLOCK_DISK_RESERVE: text })).toThrow(
        /^AIRLOCK_DISK_RESERVE: .+\. (Write it like|Use)/,
      );
    },
  );
});

describe('free disk space', () => {
  it('is measured above the reserve, in bytes and in inodes', async () => {
    const all = await diskSpace('/', { percent: 0, bytes: 0 });
    expect(all.spareBytes).toBe(all.freeBytes);
    const half = await diskSpace('/', { percent: 50, bytes: 0 });
    expect(half.reserveBytes).toBe(Math.ceil(all.totalBytes / 2));
    expect(half.spareBytes).toBeLessThan(half.freeBytes);
    if (Number.isFinite(all.spareFiles)) expect(half.spareFiles).toBeLessThan(all.spareFiles);
    const none = await diskSpace('/', { percent: 0, bytes: Number.MAX_SAFE_INTEGER });
    expect(none.spareBytes).toBeLessThan(0);
  });
});

import { describe, expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import type { DiskSpace } from '../config/disk-reserve.ts';
import { openRoom } from './room.ts';

const spaceOf = (spareBytes: number, spareFiles = Number.POSITIVE_INFINITY): DiskSpace => ({
  totalBytes: 1e9,
  freeBytes: spareBytes + 100,
  reserveBytes: 100,
  spareBytes,
  spareFiles,
});
const FULL = { code: 'InsufficientStorage', status: 507 };

describe('the room of the storage', () => {
  it('is promised once, however many ask at the same moment', async () => {
    const room = openRoom(async () => spaceOf(1000));
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => room.take(300)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const each of asked) if (each.status === 'rejected') expect(each.reason).toMatchObject(FULL);
    room.close();
  });

  it('is released when bytes are not written, and counts written bytes only once the disk shows them', async () => {
    let spare = 1000;
    const room = openRoom(async () => spaceOf(spare));
    const place = await room.take(800);
    await expect(room.take(300)).rejects.toMatchObject(FULL);
    place.written(500);
    spare -= 500;
    await expect(room.take(300)).rejects.toMatchObject(FULL);
    expect(await room.take(200)).toBeDefined();
    place.release();
    expect(await room.take(300)).toBeDefined();
    room.close();
  });

  it('ends when the inodes do', async () => {
    const room = openRoom(async () => spaceOf(1e9, 20));
    await room.take(1);
    await room.take(1);
    await expect(room.take(1)).rejects.toMatchObject(FULL);
    room.close();
  });

  it('is taken back from the PUT that has written most when something else uses the reserve', async () => {
    let spare = 1000;
    const room = openRoom(async () => spaceOf(spare));
    const small = await room.take(100);
    const large = await room.take(500);
    large.written(400);
    small.written(50);
    spare = -1;
    let revoked: unknown = null;
    large.revoked.catch((error) => {
      revoked = error;
      large.release();
      spare = 10;
    });
    await until(() => revoked, { what: 'the larger PUT to be refused' });
    expect(revoked).toMatchObject(FULL);
    expect(() => large.written(450)).toThrow(/low on disk space/);
    small.written(100);
    room.close();
  });
});

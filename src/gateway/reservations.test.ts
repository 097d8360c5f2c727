import { describe, expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import type { DiskSpace } from '../config/disk-reserve.ts';
import { Reservations } from './reservations.ts';

const spaceOf = (spareBytes: number, spareFiles = Number.POSITIVE_INFINITY): DiskSpace => ({
  totalBytes: 1e9,
  freeBytes: spareBytes + 100,
  reserveBytes: 100,
  spareBytes,
  spareFiles,
});
const FULL = { code: 'InsufficientStorage', status: 507 };

describe('disk space reservations', () => {
  it('never exceed the free space, however many PUTs start concurrently', async () => {
    const reservations = new Reservations(async () => spaceOf(1000));
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => reservations.reserve(300)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const each of results) if (each.status === 'rejected') expect(each.reason).toMatchObject(FULL);
    reservations.close();
  });

  it('release unwritten bytes, and count written bytes once', async () => {
    let spare = 1000;
    const reservations = new Reservations(async () => spaceOf(spare));
    const reservation = await reservations.reserve(800);
    await expect(reservations.reserve(300)).rejects.toMatchObject(FULL);
    reservation.written(500);
    spare -= 500;
    await expect(reservations.reserve(300)).rejects.toMatchObject(FULL);
    expect(await reservations.reserve(200)).toBeDefined();
    reservation.release();
    expect(await reservations.reserve(300)).toBeDefined();
    reservations.close();
  });

  it('include the inodes that a PUT needs', async () => {
    const reservations = new Reservations(async () => spaceOf(1e9, 20));
    await reservations.reserve(1);
    await reservations.reserve(1);
    await expect(reservations.reserve(1)).rejects.toMatchObject(FULL);
    reservations.close();
  });

  it('are revoked from the PUT that has written the most bytes if another program uses the disk reserve', async () => {
    let spare = 1000;
    const reservations = new Reservations(async () => spaceOf(spare));
    const small = await reservations.reserve(100);
    const large = await reservations.reserve(500);
    large.written(400);
    small.written(50);
    spare = -1;
    let revoked: unknown = null;
    large.revoked.catch((error) => {
      revoked = error;
      large.release();
      spare = 10;
    });
    await until(() => revoked, { what: 'the larger PUT to be stopped' });
    expect(revoked).toMatchObject(FULL);
    expect(() => large.written(450)).toThrow(/low on disk space/);
    small.written(100);
    reservations.close();
  });
});

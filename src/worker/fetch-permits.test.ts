import { describe, expect, it } from 'vitest';
import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import type { ResourceClass } from '../database/tables.ts';
import { createFetchPermits, FETCH_POOL, type FetchPermits } from './fetch-permits.ts';

const open = async (largestSources: number, slots = 3) => {
  const permits = createFetchPermits({ slots, freeBytes: async () => largestSources * MAX_UPLOAD_BYTES });
  await permits.measure();
  return permits;
};

/** Acquires permits until none is free. Returns the functions that release them. */
function fill(permits: FetchPermits, account: string, resourceClass: ResourceClass = 'light'): (() => void)[] {
  const leave: (() => void)[] = [];
  while (permits.isFree(resourceClass, account)) leave.push(permits.acquire(resourceClass, account));
  return leave;
}

describe('fetch permits', () => {
  it('are limited to a quarter for the first account, then to a share for each account, so that forty accounts leave a permit for another account', async () => {
    const permits = await open(1000);
    const taken = Array.from({ length: 40 }, (_, index) => fill(permits, `${index}`).length);
    expect(taken.slice(0, 3)).toEqual([FETCH_POOL.places / 4, FETCH_POOL.share, FETCH_POOL.share]);
    expect(taken.at(-1)).toBe(1);
    expect(permits.isFree('light', 'newcomer')).toBe(true);
  });

  it('are separate for each class, so that the other classes have permits when one class has none', async () => {
    const permits = await open(1000);
    for (let account = 0; account < 100; account++) fill(permits, `${account}`);
    expect(permits.isFree('light', 'newcomer')).toBe(false);
    expect([permits.isFree('heavy', 'newcomer'), permits.isFree('interactive', 'newcomer')]).toEqual([true, true]);
  });

  it('are freed only once, even if they are released twice', async () => {
    const permits = await open(1000);
    const [leave] = fill(permits, 'a');
    leave!();
    leave!();
    expect(fill(permits, 'a')).toHaveLength(1);
  });

  it('are limited to the number of maximum-size sources that fit on the disk, for light and heavy jobs together', async () => {
    const permits = await open(6);
    expect([fill(permits, 'a').length, fill(permits, 'a', 'heavy').length]).toEqual([6, 0]);
  });

  it('let each account start at least one fetch when the disk is full', async () => {
    const permits = await open(0);
    expect(fill(permits, 'a')).toHaveLength(4);
    expect([fill(permits, 'b').length, fill(permits, 'b', 'heavy').length]).toEqual([1, 0]);
    expect(fill(permits, 'c', 'heavy')).toHaveLength(1);
  });

  it('do not depend on the disk if they are for probes', async () => {
    const permits = await open(0);
    expect(fill(permits, 'a', 'interactive').length).toBeGreaterThan(4);
  });

  it('let one account start as many fetches as a large machine has slots when the disk is full', async () => {
    expect(fill(await open(0, 16), 'a')).toHaveLength(16);
  });
});
